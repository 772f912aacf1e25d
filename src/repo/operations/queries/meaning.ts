/** What a path that a user typed means. */
import { escapeUnsafe } from '../../../platform/shown-text.js';
import { CodedError } from '../../../errors.js';
import type { Source } from '../../index/sources.js';
import { bytesFromText, textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { join } from '../../../platform/paths.js';
import type { Platform } from '../../../platform/platform.js';
import type { SourceSnapshot } from './sources.js';

/** What a path that a user typed may mean. */
export interface Meanings {
  /** It was completed with the working directory; or it was absolute. */
  readonly absolute: ByteString;
  /** Below the roots of each source, in their order; nothing for an absolute path. */
  readonly below: (source: Source) => readonly ByteString[];
}

export function meaningsOf(platform: Platform, text: string): Meanings {
  const absolute = bytesFromText(platform.files.absolutePath(text));
  if (text.startsWith('/')) return { absolute, below: () => [] };
  const relative = bytesFromText(text.replace(/\/+$/, '').replace(/^(\.\/+)+/, ''));
  return { absolute, below: ({ roots }) => roots.map((root) => join(root, relative)) };
}

/**
 * The absolute path that `text` means in one of `places`, by what `isThere`; undefined: it is in none.
 * @throws CodedError SOURCE_AMBIGUOUS
 */
export function meaningIn(
  platform: Platform,
  places: readonly SourceSnapshot[],
  text: string,
  isThere: (place: SourceSnapshot, path: ByteString) => boolean,
): ByteString | undefined {
  const { absolute, below } = meaningsOf(platform, text);
  if (places.some((place) => isThere(place, absolute))) return absolute;
  const found = places.flatMap((place) =>
    below(place.source)
      .filter((path) => isThere(place, path))
      .map((path) => ({ place, path })),
  );
  const [first] = found;
  if (!first || found.every(({ path }) => path === first.path)) return first?.path;
  const list = found.map(({ place: { source, snapshot }, path }) => {
    return `${source.id}  ${escapeUnsafe(`${source.host}:${textFromBytes(path)}`)}  (snapshot ${snapshot.number})`;
  });
  throw new CodedError('SOURCE_AMBIGUOUS', `${text} may mean one of several paths.`, {
    hint: `  ${list.join('\n  ')}\nGive the whole path, or name the source with --source NUMBER.`,
  });
}
