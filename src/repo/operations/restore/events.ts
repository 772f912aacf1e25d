/** What a restore tells while it goes on, and how it names paths. */
import type { IssueCode, OnPath, VersionType } from '../../model.js';
import { bytesFromText, type ByteString } from '../../../platform/bytes.js';
import { join } from '../../../platform/paths.js';
import type { Shortfall } from '../../tree/metadata.js';
import type { Written } from './file-writer.js';

/** What a restore tells; paths are whole: those of the target, as it was named, and what lies in it. */
export interface RestoreEvents {
  /** Undefined where nobody listens. */
  readonly onPath: OnPath | undefined;
  readonly onFile: (path: ByteString, sizeBytes: number, written: Written) => void;
  /** So many bytes more of a large file are as they were; the file is not finished yet. */
  readonly onPart: (path: ByteString, bytes: number) => void;
  /** A directory or link is there; `isUnchanged`: it was. */
  readonly onNode: (path: ByteString, type: VersionType, isUnchanged: boolean) => void;
  /** What is there stays, by the overwrite rule. */
  readonly onKept: (path: ByteString) => void;
  readonly onRemoved: (path: ByteString) => void;
  readonly onIssue: (path: ByteString, code: IssueCode, message: string) => void;
  /** It is there, but for this of its metadata. */
  readonly onShortfalls: (path: ByteString, missing: readonly Shortfall[]) => void;
  /** A special file could not be made, for this reason: a code of the system. */
  readonly onUnmade: (path: ByteString, code: string) => void;
}

/** A path below a target, as a user finds it: the target is named as the user did. */
export function wholePath(target: string, path: ByteString): ByteString {
  const directory = bytesFromText(target);
  return path === '' ? directory : join(directory, path);
}

/** What takes paths below the target, and tells them whole. */
export function wholeEvents(
  events: RestoreEvents,
  nameOf: (path: ByteString) => ByteString,
): RestoreEvents {
  const { onPath } = events;
  return {
    onPath: onPath && ((path, mark) => onPath(nameOf(path), mark)),
    onFile: (path, ...rest) => events.onFile(nameOf(path), ...rest),
    onPart: (path, bytes) => events.onPart(nameOf(path), bytes),
    onNode: (path, ...rest) => events.onNode(nameOf(path), ...rest),
    onKept: (path) => events.onKept(nameOf(path)),
    onRemoved: (path) => events.onRemoved(nameOf(path)),
    onIssue: (path, ...rest) => events.onIssue(nameOf(path), ...rest),
    onShortfalls: (path, missing) => events.onShortfalls(nameOf(path), missing),
    onUnmade: (path, code) => events.onUnmade(nameOf(path), code),
  };
}
