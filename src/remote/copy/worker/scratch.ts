/** One buffer for each thread, which its jobs use one after the other. */

let buffer = Buffer.alloc(0);

/** At least `bytes`, with anything in them, until the next call. */
export function scratch(bytes: number): Buffer {
  if (buffer.length < bytes) buffer = Buffer.allocUnsafeSlow(bytes);
  return buffer;
}
