/** Tags as restic has them: an option lists them, parted by commas, and may be repeated. */
import { CodedError } from '../../store.js';

/** `a,b` is two tags. @throws CodedError USAGE for an empty one */
export function parseTags(text: string): string[] {
  const tags = text.split(',').map((tag) => tag.trim());
  if (!tags.includes('')) return [...new Set(tags)];
  const message = text.trim() === '' ? 'A tag is empty.' : `"${text}" has an empty tag.`;
  throw new CodedError('USAGE', message, { hint: 'Write tags as a,b, without an empty one.' });
}
