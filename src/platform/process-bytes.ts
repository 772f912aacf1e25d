/**
 * What this process was started with, without losing a byte: Node decodes arguments, variables and the
 * working directory as UTF-8 and replaces what is not. Linux has their bytes in `/proc`; elsewhere they
 * stay as Node has them. As text, in the form of {@link bytesToText}.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { bytesToText } from './bytes.js';

/** What Node makes of bytes that are not UTF-8; it may be a real character as well. */
const REPLACEMENT = '\ufffd';

type Environment = Readonly<Record<string, string | undefined>>;

/** The arguments of the command, without Node, its options and the script. */
export function commandArguments(): string[] {
  const decoded = process.argv.slice(2);
  if (!decoded.some((argument) => argument.includes(REPLACEMENT))) return decoded;
  const exact = entriesOf('/proc/self/cmdline').slice(-decoded.length);
  // A process may be given another title, which takes the place of its arguments.
  const isSame = exact.map(asNodeDecodes).join('\0') === decoded.join('\0');
  return isSame ? exact.map((bytes) => bytesToText(bytes)) : decoded;
}

/** The variables of the environment. */
export function environment(): Environment {
  const names = Object.keys(process.env).filter((name) => process.env[name]?.includes(REPLACEMENT));
  if (names.length === 0) return process.env;
  const exact = entriesOf('/proc/self/environ').flatMap((entry) => {
    const equals = entry.indexOf('=');
    const name = asNodeDecodes(entry.subarray(0, equals));
    const value = entry.subarray(equals + 1);
    const isSame = names.includes(name) && process.env[name] === asNodeDecodes(value);
    return isSame ? [[name, bytesToText(value)] as const] : [];
  });
  return { ...process.env, ...Object.fromEntries(exact) };
}

/** The working directory, absolute. @throws a system error when it was removed */
export function workingDirectory(): string {
  const decoded = process.cwd();
  if (!decoded.includes(REPLACEMENT)) return decoded;
  try {
    const exact = readlinkSync('/proc/self/cwd', 'buffer');
    return asNodeDecodes(exact) === decoded ? bytesToText(exact) : decoded;
  } catch {
    return decoded;
  }
}

/** The parts of a file in which each ends with NUL. */
function entriesOf(file: string): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return [];
  }
  const entries: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    const stop = end < 0 ? bytes.length : end;
    entries.push(bytes.subarray(start, stop));
    start = stop + 1;
  }
  return entries;
}

function asNodeDecodes(bytes: Buffer): string {
  return bytes.toString('utf8');
}
