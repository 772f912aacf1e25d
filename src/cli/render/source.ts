/** A source as tables and messages name it. */
import { escapeUnsafe, rootNames, type Source } from '../../store.js';
import { formatName, type Medium } from './names.js';

/** `host:/path /other`. */
export function formatSource(
  { host, roots }: Pick<Source, 'host' | 'roots'>,
  medium: Medium,
): string {
  const paths = rootNames(roots, (root) => formatName(root, medium));
  return `${escapeUnsafe(host)}:${paths}`;
}
