/**
 * The one place that loads libc, through koffi: for calls that Node has not. `native-at-calls.ts`,
 * `native-attribute-calls.ts` and `user-database.ts` are made of it.
 */
import { getSystemErrorMap } from 'node:util';
import { textFromBytes, type ByteString } from './bytes.js';
import { koffiModule, type Koffi } from './native-modules.js';
import { once } from './once.js';

export type NativeCall = (...values: unknown[]) => number;

type Library = ReturnType<Koffi['load']>;

export interface Libc {
  /** A function by its declaration in C. Memory is passed as `void *`, strings as bytes with a NUL. */
  func(declaration: string): NativeCall;
  /** The result of a call that gives a negative number when it fails. @throws what the system says */
  readonly check: (result: number, call: string, name: ByteString) => number;
  /** The number of what the last call failed with. */
  errno(): number;
  /** The failure of the last call, as an error. */
  failure(call: string, name: ByteString): NodeJS.ErrnoException;
  /** Where `memory` lies, as C sees it. */
  address(memory: Uint8Array): bigint;
}

/** Where numbers of calls, layouts and byte order are those that the callers are written for. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/**
 * glibc, or undefined on another architecture or libc (musl).
 * @throws CodedError NATIVE_MODULE_UNUSABLE, since without koffi attributes would silently be left out
 */
export const loadLibc = once((): Libc | undefined => {
  if (!ARCHITECTURES.includes(process.arch)) return undefined;
  const koffi = koffiModule();
  let library: Library;
  try {
    library = koffi.load('libc.so.6');
  } catch {
    return undefined;
  }
  return bind(koffi, library);
});

function bind(koffi: Koffi, library: Library): Libc {
  const failure: Libc['failure'] = (call, name) => systemError(koffi.errno(), call, name);
  return {
    func: (declaration) => library.func(declaration),
    check(result, call, name) {
      if (result >= 0) return result;
      throw failure(call, name);
    },
    errno: () => koffi.errno(),
    failure,
    address: (memory) => koffi.address(memory),
  };
}

function systemError(errno: number, syscall: string, name: ByteString): NodeJS.ErrnoException {
  const [code, description] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
  const error: NodeJS.ErrnoException = new Error(`${code}: ${description}, ${syscall}`);
  return Object.assign(error, { code, errno: -errno, syscall, path: textFromBytes(name) });
}

const EINVAL = 22;

/** A reusable NUL-terminated copy of a name, so that a call allocates nothing. */
export class NameBuffer {
  private bytes = Buffer.alloc(512);

  /** @throws system error EINVAL for a name that holds a NUL */
  put(name: string): Buffer {
    if (name.includes('\0')) throw systemError(EINVAL, 'name', name as ByteString);
    if (name.length >= this.bytes.length) this.bytes = Buffer.alloc(name.length * 2);
    this.bytes[this.bytes.write(name, 'latin1')] = 0;
    return this.bytes;
  }
}
