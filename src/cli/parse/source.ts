/** Reads what `--source` takes. */
import { CodedError, type SourceSelector } from '../../store.js';
import { requireText } from './text.js';

/**
 * The source that `text` says: `3`, a number from `varve snapshots`, or `host:/path`.
 *
 * @throws CodedError USAGE
 */
export function parseSource(text: string): SourceSelector {
  if (/^\d{1,15}$/.test(text)) return { type: 'number', id: Number(text) };
  const [, host, path] = /^([^:]+):(\/.*)$/s.exec(text) ?? [];
  if (host !== undefined && path !== undefined)
    return { type: 'name', host: requireText('The host', host), path };
  throw new CodedError('USAGE', `"${text}" is not a source: expected HOST:/PATH or a number.`, {
    hint: 'List the sources with `varve snapshots`.',
  });
}
