/**
 * How a busy thread learns that it is to end: a word of memory that both sides see. A thread that is ended
 * from outside while native code runs may take the whole process down (Node-API calls fail, and what the
 * native code throws of it cannot be thrown), so it ends by itself, between two calls.
 */
import type { AtCalls } from '../platform/at-calls.js';
import type { FileSystem } from '../platform/files.js';
import { once } from '../platform/once.js';

/** Memory of the two sides of a lane. */
export type StopWord = Int32Array<SharedArrayBuffer>;

/** Thrown out of a job in a thread that is to end; the job answers nothing. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export function createStopWord(): StopWord {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

export function stop(word: StopWord): void {
  Atomics.store(word, 0, 1);
}

export function isStopped(word: StopWord): boolean {
  return Atomics.load(word, 0) !== 0;
}

/** @throws Stopped */
export function checkStop(word: StopWord): void {
  if (isStopped(word)) throw new Stopped('the thread is to end');
}

/**
 * The file system of a thread: opening, listing, reading and writing throw {@link Stopped} once the thread
 * is to end; what tidies up never does.
 */
export function stoppableFiles(files: FileSystem, word: StopWord): FileSystem {
  // Its calls are loaded when the first of them is asked for.
  const at = once((): AtCalls => {
    const calls = files.at;
    return {
      ...calls,
      open(...args) {
        checkStop(word);
        return calls.open(...args);
      },
      list(directory) {
        checkStop(word);
        return calls.list(directory);
      },
    };
  });
  const checked: Partial<FileSystem> = {
    open(...args) {
      checkStop(word);
      return files.open(...args);
    },
    read(...args) {
      checkStop(word);
      return files.read(...args);
    },
    write(...args) {
      checkStop(word);
      files.write(...args);
    },
  };
  const own = { ...Object.getOwnPropertyDescriptors(checked), at: { get: at } };
  return Object.create(files, own) as FileSystem;
}
