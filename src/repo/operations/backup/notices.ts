/** What a backup tells that is not wrong, but may not be expected. */
import type { Notice } from '../../model.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { LiveTree, PseudoMount } from '../../tree/live-tree.js';
import type { FollowedLink, Walk } from './walk.js';

/** What a walk that has ended met. */
export function describeWalk(
  { ownRoots, followedLinks }: Walk,
  { pseudoMounts }: LiveTree,
): Notice[] {
  return [
    ...(ownRoots.length > 0 ? [describeOwnRoots(ownRoots)] : []),
    ...(followedLinks.length > 0 ? [describeLinks(followedLinks)] : []),
    ...(pseudoMounts.length > 0 ? [describePseudoMounts(pseudoMounts)] : []),
  ];
}

/** Paths that one notice lists. */
const LISTED = 4;

function list(parts: readonly string[]): string {
  const more = parts.length - LISTED;
  return [...parts.slice(0, LISTED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function describePseudoMounts(mounts: readonly PseudoMount[]): Notice {
  const names = mounts.map(({ path, name }) => `${textFromBytes(path)} (${name})`);
  const message =
    `Left out, because the kernel makes up what they hold: ${list(names)}. ` +
    'Name such a path itself to back it up.';
  return { code: 'PSEUDO_FILE_SYSTEM', message, paths: mounts.map(({ path }) => path) };
}

function describeLinks(links: readonly FollowedLink[]): Notice {
  const names = links.map(({ path, place }) => `${textFromBytes(path)} -> ${textFromBytes(place)}`);
  const message =
    'Followed, because a path that is named means what it leads to, and saved under the name of the ' +
    `link: ${list(names)}.`;
  return { code: 'LINK_FOLLOWED', message, paths: links.map(({ path }) => path) };
}

function describeOwnRoots(paths: readonly ByteString[]): Notice {
  const message = `Left out, because it belongs to the repository: ${list(paths.map(textFromBytes))}.`;
  return { code: 'REPOSITORY_LEFT_OUT', message, paths };
}
