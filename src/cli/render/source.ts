/** A source as tables and messages name it. */
import { escapeUnsafe, rootNames, type Source } from '../../store.js';
import { formatName } from './names.js';

/** `host:/path /other`. */
export function formatSource({ host, roots }: Pick<Source, 'host' | 'roots'>): string {
  const paths = rootNames(roots, (root) => formatName(root));
  return `${escapeUnsafe(host)}:${paths}`;
}
