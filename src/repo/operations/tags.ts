/** Tags of snapshots: words without commas, which part them where they are listed. */
import { CodedError } from '../../errors.js';

/** @throws CodedError USAGE for a tag that no list of tags can name */
export function checkTags(tags: readonly string[]): void {
  const wrong = tags.find((tag) => tag.trim() !== tag || tag === '' || tag.includes(','));
  if (wrong === undefined) return;
  throw new CodedError('USAGE', `"${wrong}" is not a tag.`, {
    hint: 'A tag is not empty, has no comma, and neither begins nor ends with a space.',
  });
}

/** The tags of a snapshot. Older versions of Varve took `a,b` for one. */
export function tagsOf({ tags }: { readonly tags: readonly string[] }): string[] {
  return tags.flatMap((tag) => tag.split(',')).map((tag) => tag.trim());
}
