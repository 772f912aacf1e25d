/** Reads how much of a file system is to stay free: `10%` or `20G`. */
import { CodedError, type MinFree } from '../../store.js';
import { readShare } from './share.js';
import { parseSize } from './size.js';

/** The amount that `text` says; above nothing. @throws CodedError USAGE_SIZE */
export function parseMinFree(text: string): MinFree {
  const fraction = readShare(text);
  if (fraction !== undefined) return { type: 'share', fraction };
  if (!text.includes('%')) return { type: 'bytes', bytes: parseSize(text) };
  throw new CodedError('USAGE_SIZE', `"${text}" is not a share such as 10%.`, {
    hint: 'Give more than 0% and at most 100%, or a size such as 20G.',
  });
}
