/**
 * Names and paths as bytes. POSIX names are bytes, not text; a {@link ByteString} holds one byte in
 * each UTF-16 unit (0 to 255), so that names compare in byte order with `<`, cost one byte each in
 * the heap, and survive whatever encoding they are in.
 */

declare const byteString: unique symbol;

/** A string in which every character is one byte. */
export type ByteString = string & { readonly [byteString]: true };

/** The bytes of `text` in UTF-8. */
export function bytesFromText(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1') as ByteString;
}

/** The bytes of `buffer`. */
export function bytesFromBuffer(buffer: Uint8Array): ByteString {
  return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString(
    'latin1',
  ) as ByteString;
}

/** A new buffer that holds `bytes`. */
export function bufferFromBytes(bytes: ByteString): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** `bytes` read as UTF-8, invalid sequences replaced: for messages, never for names. */
export function textFromBytes(bytes: ByteString): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
