/** Names of files in URLs: bytes, percent-encoded. */
import { CodedError } from '../../errors.js';
import { bufferFromBytes, type ByteString } from '../../platform/bytes.js';

const PLAIN = /[A-Za-z0-9._~/-]/;

/** A name as the value of a query parameter. */
export function encodeFilename(name: ByteString): string {
  return Array.from(bufferFromBytes(name), (byte) => {
    const character = String.fromCharCode(byte);
    return PLAIN.test(character)
      ? character
      : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }).join('');
}

/**
 * The bytes of a percent-encoded name, decoded once. `+` is a space in queries, itself in paths.
 * @throws CodedError REMOTE_REQUEST
 */
export function decodeFilename(text: string, where: 'query' | 'path'): ByteString {
  const spaced = where === 'query' ? text.replaceAll('+', ' ') : text;
  if (/%(?![0-9A-Fa-f]{2})/.test(spaced)) {
    throw new CodedError('REMOTE_REQUEST', `The name "${text}" is not properly percent-encoded.`);
  }
  const bytes = Buffer.from(spaced, 'utf8').toString('latin1');
  return bytes.replaceAll(/%(..)/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  ) as ByteString;
}

/** The undecoded value of a parameter of a URL's query. */
export function rawParameter(url: string, name: string): string | undefined {
  const query = url.slice(url.indexOf('?') + 1).split('#')[0] ?? '';
  if (!url.includes('?')) return undefined;
  const pair = query.split('&').find((one) => one.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}
