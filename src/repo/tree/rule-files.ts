/** Reads files of rules: those that options name, and the ignore files of a directory. */
import { CodedError } from '../../errors.js';
import { type ByteString, bytesToText, textFromBytes, textOfName } from '../../platform/bytes.js';
import { join } from '../../platform/paths.js';
import type { Issue } from '../model.js';
import type { FileSystem } from '../../platform/files.js';
import type { Platform } from '../../platform/platform.js';
import { fileErrorCode, reasonOf } from '../../platform/system-errors.js';
import { holds, type DirectoryListing } from './listing.js';
import { compileLines, compileOption, type PatternRule, type Rule } from './rules.js';

/** A file of patterns, one a line, in the place of rules of the command line. */
export interface RuleFile {
  readonly type: 'exclude-from';
  readonly file: string;
}

/**
 * Reads the files of rules that options name, to say what is wrong with them before anything begins.
 * @throws CodedError USAGE_PATTERN, USAGE
 */
export function checkRules(
  rules: readonly (PatternRule | RuleFile)[],
  { files }: Pick<Platform, 'files'>,
): void {
  compileOptions(rules, files);
}

/** A file of rules is read whole; nobody writes one of this size on purpose. */
const MAX_BYTES = 1024 * 1024;

/** The rules of the command line, files read. @throws CodedError USAGE_PATTERN, USAGE */
export function compileOptions(
  rules: readonly (PatternRule | RuleFile)[],
  files: FileSystem,
): Rule[] {
  return rules.flatMap((rule) => {
    if (rule.type !== 'exclude-from') return [compileOption(rule)];
    return compileLines(readNamed(rule.file, files), rule.file, 'option');
  });
}

function readNamed(file: string, files: FileSystem): string {
  try {
    return bytesToText(files.readFile(file));
  } catch (cause) {
    if (fileErrorCode(cause) === undefined) throw cause;
    throw new CodedError('USAGE', `--exclude-from: ${file} cannot be read: ${reasonOf(cause)}.`, {
      hint: 'Name a file of patterns, one per line.',
      cause,
    });
  }
}

/**
 * The rules of the ignore files that a directory holds, in the order of `ignoreFiles`. Only a regular
 * file counts, as for git. One that cannot be read leaves nothing out and is added to `issues`.
 */
export function readIgnoreFiles(
  { path, listing }: { readonly path: ByteString; readonly listing: DirectoryListing },
  ignoreFiles: readonly ByteString[],
  files: FileSystem,
  issues: Issue[],
): Rule[] {
  const rules: Rule[] = [];
  for (const name of ignoreFiles) {
    if (!holds(listing, name)) continue;
    const file = join(path, name);
    const read = readRegular(listing.handle, name, files);
    if (read.type === 'text') rules.push(...compileLines(read.text, textOfName(file), 'directory'));
    if (read.type === 'refused') {
      const message = `The rules of ${textFromBytes(file)} were ignored: ${read.why}.`;
      issues.push({ path: file, code: 'RULES_UNREADABLE', message });
    }
  }
  return rules;
}

type ReadRules =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'not-a-file' };

function readRegular(directory: number, name: ByteString, files: FileSystem): ReadRules {
  let descriptor: number | undefined;
  try {
    descriptor = files.at.open(directory, name, 'read-file');
    const { type, sizeBytes } = files.at.statOpen(descriptor);
    if (type !== 'file') return { type: 'not-a-file' };
    if (sizeBytes > MAX_BYTES) return { type: 'refused', why: 'it is larger than 1 MiB' };
    const bytes = Buffer.alloc(sizeBytes);
    const length = files.read(descriptor, bytes, 0);
    return { type: 'text', text: bytesToText(bytes.subarray(0, length)) };
  } catch (error) {
    if (fileErrorCode(error) === undefined) throw error;
    return { type: 'refused', why: reasonOf(error) };
  } finally {
    if (descriptor !== undefined) files.close(descriptor);
  }
}
