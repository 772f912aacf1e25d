/**
 * Attribute sets as bytes: names of the owner, inode flags, extended attributes. `docs/format.md`
 * section 6.1 is the normative text.
 */
import { ByteWriter, readVarint, type Cursor } from '../../delta/varint.js';
import { CodedError } from '../../errors.js';
import type { AttributeSet } from '../model.js';
import type { ExtendedAttribute } from '../../platform/attribute-calls.js';
import { bufferFromBytes, bytesFromBuffer, type ByteString } from '../../platform/bytes.js';

export function encodeAttributeSet({ user, group, flags, xattrs }: AttributeSet): Uint8Array {
  const out = new ByteWriter();
  const put = (bytes: ByteString): void => {
    out.varint(bytes.length);
    out.bytes(bufferFromBytes(bytes));
  };
  put(user);
  put(group);
  out.varint(flags);
  out.varint(xattrs.length);
  for (const { name, value } of xattrs) {
    put(name);
    put(value);
  }
  return out.finish();
}

/**
 * undefined for the empty set: nothing is known of those versions.
 * @throws CodedError FRAME_CORRUPT, DELTA_CORRUPT
 */
export function decodeAttributeSet(bytes: Uint8Array): AttributeSet | undefined {
  if (bytes.length === 0) return undefined;
  const cursor: Cursor = { bytes, position: 0 };
  const user = take(cursor);
  const group = take(cursor);
  const flags = readVarint(cursor);
  const xattrs: ExtendedAttribute[] = [];
  for (let count = readVarint(cursor); count > 0; count--) {
    xattrs.push({ name: take(cursor), value: take(cursor) });
  }
  if (cursor.position !== bytes.length) {
    throw new CodedError('FRAME_CORRUPT', 'An attribute set is longer than it declares.');
  }
  return { user, group, flags, xattrs };
}

function take(cursor: Cursor): ByteString {
  const length = readVarint(cursor);
  const end = cursor.position + length;
  if (end > cursor.bytes.length) {
    throw new CodedError('FRAME_CORRUPT', 'An attribute set is shorter than it declares.');
  }
  const bytes = bytesFromBuffer(cursor.bytes.subarray(cursor.position, end));
  cursor.position = end;
  return bytes;
}
