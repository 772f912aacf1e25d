/** Reads what `verify --sample` takes: a share, an amount of bytes or an amount of time. */
import { CodedError } from '../../store.js';
import { parseDuration } from './duration.js';
import { readShare } from './share.js';
import { parseSize } from './size.js';

/** How much of the repository to verify. */
export type Sample =
  /** `fraction` is above 0 and at most 1. */
  | { readonly type: 'share'; readonly fraction: number }
  | { readonly type: 'bytes'; readonly bytes: number }
  | { readonly type: 'time'; readonly durationMs: number };

/**
 * The sample that `text` says: `5%`, `2G` or `10m`. The unit tells a time from a size, and here
 * case matters: `10m` is ten minutes, `10M` ten mebibytes.
 *
 * @throws CodedError USAGE_SAMPLE
 */
export function parseSample(text: string): Sample {
  const sample = readSample(text);
  if (sample !== undefined) return sample;
  throw new CodedError(
    'USAGE_SAMPLE',
    `"${text}" is not a sample: expected a share (5%), a size (2G) or a time (10m), greater than zero.`,
    { hint: 'Case matters: 10m is ten minutes, 10M ten mebibytes.' },
  );
}

function readSample(text: string): Sample | undefined {
  const fraction = readShare(text);
  if (fraction !== undefined) return { type: 'share', fraction };
  if (/^(?:\d+[smhDW])+$/.test(text)) {
    const durationMs = parseDuration(text);
    return durationMs > 0 ? { type: 'time', durationMs } : undefined;
  }
  if (/^[\d.]+(?:[kKMgGtTpP](?:i?B)?|B)$/.test(text)) {
    const bytes = parseSize(text);
    return bytes > 0 ? { type: 'bytes', bytes } : undefined;
  }
  return undefined;
}
