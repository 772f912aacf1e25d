/** A source as tables and messages name it. */
import { rootNames, type Source } from '../../store.js';
import { escapeUnsafe, formatName, type Medium } from './names.js';

/** `host:/path /other`. */
export function formatSource(
  { host, roots }: Pick<Source, 'host' | 'roots'>,
  medium: Medium,
): string {
  const paths = rootNames(roots, (root) => formatName(root, medium));
  return `${medium === 'terminal' ? escapeUnsafe(host) : host}:${paths}`;
}
