/**
 * Decides which entries of a tree a backup leaves out. It is asked directory by directory, from a root
 * downwards; nothing below a directory that is left out is looked at.
 *
 * Rules are gitignore's in their order, too: those of the options come first, then those of the ignore
 * files nearest to the entry, then of those above. The first of these lists in which a rule matches
 * decides. What a marker, a size or another file system leaves out, no rule takes back.
 */
import { CodedError } from '../../errors.js';
import type { Issue } from '../model.js';
import type { FileStat } from '../../platform/at-calls.js';
import { type ByteString, bytesFromText, textOfName } from '../../platform/bytes.js';
import { baseName } from '../../platform/paths.js';
import type { FileSystem } from '../../platform/files.js';
import type { DirectoryListing } from './listing.js';
import { findMarkers, type MarkerReason } from './markers.js';
import { compileOptions, readIgnoreFiles, type RuleFile } from './rule-files.js';
import { lastMatch, type PatternRule, type Rule } from './rules.js';

/** What a backup leaves out. Nothing given: what `.varveignore` files in the tree say. */
export interface FilterOptions {
  /** In the order given; a file stands for its lines. */
  readonly rules?: readonly (PatternRule | RuleFile)[];
  /** Names of ignore files; where two in one directory disagree, the later name decides. */
  readonly ignoreFiles?: readonly string[];
  /** Where a directory holds one of these names, only that entry of it is backed up. */
  readonly markers?: readonly string[];
  /** Where a directory holds a `CACHEDIR.TAG` with the right signature, only that is backed up. */
  readonly excludesCaches?: boolean;
  /** Files of more bytes are left out. */
  readonly largestBytes?: number;
  /** Directories on which another file system is mounted are backed up empty. */
  readonly staysOnFileSystem?: boolean;
}

/** The ignore files that count when none are named. */
const DEFAULT_IGNORE_FILES = ['.varveignore'];

/** Why an entry is left out, or (a rule that takes back) is not. */
export type FilterReason =
  | { readonly type: 'rule'; readonly rule: PatternRule }
  | MarkerReason
  | { readonly type: 'size'; readonly largestBytes: number }
  | { readonly type: 'file-system' }
  /** `name`: the kernel's, such as `proc`. */
  | { readonly type: 'pseudo-file-system'; readonly name: string };

export interface Verdict {
  readonly excludes: boolean;
  readonly reason: FilterReason;
}

/** A directory that is entered. */
export interface EnteredDirectory {
  /** Absolute. */
  readonly path: ByteString;
  /** undefined for one that is gone: only what holds above it holds in it. */
  readonly listing: DirectoryListing | undefined;
}

/** What holds in a tree, or in the directories below one. */
export interface TreeFilter {
  /** What is mounted on a directory is left out. */
  readonly staysOnFileSystem: boolean;
  /** What holds in a directory. undefined: nothing, so its entries need not be judged. */
  enter(directory: EnteredDirectory): DirectoryFilter | undefined;
}

/** What holds in one directory; `enter` is for the directories in it. */
export interface DirectoryFilter extends Pick<TreeFilter, 'enter'> {
  /** undefined: no rule speaks of the entry, so it is backed up. */
  judge(name: ByteString, entry: Pick<FileStat, 'type' | 'sizeBytes'>): Verdict | undefined;
}

/** Rules, and the path of a directory from where they are anchored, with a place for an entry's name. */
interface RuleList {
  readonly rules: readonly Rule[];
  readonly names: string[];
}

/** What holds in the directory above. */
interface Above {
  /** Those of the options, then of the ignore files, the nearest first. */
  readonly lists: readonly RuleList[];
  /** What the root lies on. */
  readonly base: Base | undefined;
}

/** A file system, and the mount that it is reached through. */
type Base = Pick<DirectoryListing, 'device' | 'mount'>;

/** Why the entries of a directory are left out, and which are not. */
interface Closure {
  readonly reason: FilterReason;
  readonly kept: ReadonlySet<ByteString>;
}

const OTHER_FILE_SYSTEM: Closure = { reason: { type: 'file-system' }, kept: new Set() };

/**
 * The filter that `options` describe, for every root alike. Ignore files that cannot be read are added
 * to `issues` as they are met.
 * @throws CodedError USAGE_PATTERN; USAGE for a name with a slash, or a file of rules that cannot be read
 */
export function createFilter(
  options: FilterOptions,
  files: FileSystem,
  issues: Issue[],
): TreeFilter {
  const { largestBytes = Infinity, staysOnFileSystem = false, excludesCaches = false } = options;
  const optionRules = compileOptions(options.rules ?? [], files);
  const ignoreFiles = asNames('--ignore-file', options.ignoreFiles ?? DEFAULT_IGNORE_FILES);
  const markers = asNames('--exclude-if-present', options.markers ?? []);
  const optionLists = optionRules.length > 0 ? 1 : 0;
  const tooLarge: Verdict = { excludes: true, reason: { type: 'size', largestBytes } };
  const holdsEverywhere = optionLists > 0 || largestBytes < Infinity || staysOnFileSystem;

  const closureOf = (
    path: ByteString,
    listing: DirectoryListing,
    base: Base,
  ): Closure | undefined => {
    if (staysOnFileSystem && isElsewhere(listing, base)) return OTHER_FILE_SYSTEM;
    return findMarkers(path, listing, { markers, excludesCaches }, files);
  };

  const enter = (
    { path, listing }: EnteredDirectory,
    above: Above,
  ): DirectoryFilter | undefined => {
    const base = above.base ?? listing;
    const closure = listing && closureOf(path, listing, base ?? listing);
    const own = listing ? readIgnoreFiles({ path, listing }, ignoreFiles, files, issues) : [];
    const lists = own.length > 0 ? above.lists.toSpliced(optionLists, 0, listAt(own)) : above.lists;
    if (!holdsEverywhere && lists.length === 0 && !closure) return undefined;
    return {
      judge(name, entry) {
        if (closure && !closure.kept.has(name)) return { excludes: true, reason: closure.reason };
        const found = judgeByRules(lists, textOfName(name), entry.type === 'directory');
        if (found?.excludes) return found;
        return entry.type === 'file' && entry.sizeBytes > largestBytes ? tooLarge : found;
      },
      enter: (directory) =>
        enter(directory, { lists: lists.map((list) => below(list, directory.path)), base }),
    };
  };

  return {
    staysOnFileSystem,
    enter(root) {
      const names = textOfName(root.path).split('/').filter(Boolean);
      const lists = optionLists > 0 ? [listAt(optionRules, names)] : [];
      return enter(root, { lists, base: undefined });
    },
  };
}

/** A bind mount shows the same file system once more. */
function isElsewhere(listing: Base, base: Base): boolean {
  return listing.device !== base.device || differ(listing.mount, base.mount);
}

/** Whether two mounts are known to be different ones. */
export function differ(left: number | undefined, right: number | undefined): boolean {
  return left !== undefined && right !== undefined && left !== right;
}

/** Leaves out all that a directory holds. */
export function closedBy(reason: FilterReason): DirectoryFilter {
  const verdict = { excludes: true, reason };
  const closed: DirectoryFilter = { judge: () => verdict, enter: () => closed };
  return closed;
}

function listAt(rules: readonly Rule[], names: readonly string[] = []): RuleList {
  return { rules, names: [...names, ''] };
}

/** A list of rules as it holds in a directory below. */
function below({ rules, names }: RuleList, path: ByteString): RuleList {
  const name = textOfName(baseName(path));
  return listAt(rules, [...names.slice(0, -1), name]);
}

function judgeByRules(
  lists: readonly RuleList[],
  name: string,
  isDirectory: boolean,
): Verdict | undefined {
  for (const { rules, names } of lists) {
    names[names.length - 1] = name;
    const rule = lastMatch(rules, names, isDirectory);
    if (rule) return { excludes: rule.excludes, reason: { type: 'rule', rule: rule.source } };
  }
  return undefined;
}

function asNames(option: string, texts: readonly string[]): ByteString[] {
  const wrong = texts.find((text) => text === '' || text.includes('/'));
  if (wrong === undefined) return texts.map(bytesFromText);
  throw new CodedError('USAGE', `${option}: "${wrong}" is not a file name.`, {
    hint: 'Give just a file name, such as ".nobackup"; every directory is searched for it.',
  });
}
