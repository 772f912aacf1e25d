/** Reads where a server listens. */
import { isIP, isIPv6 } from 'node:net';
import { CodedError } from '../../store.js';

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** What is not given. */
const DEFAULTS: ListenAddress = { address: '127.0.0.1', port: 8080 };

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i;
const DIGITS = /^\d{1,5}$/;

/**
 * `PORT`, `ADDRESS` or `ADDRESS:PORT`, where the address is a name, an IPv4 address, or an IPv6 address
 * in brackets; without a port, the brackets may be left out. @throws CodedError USAGE
 */
export function parseListen(text: string): ListenAddress {
  if (DIGITS.test(text)) return listenAt(text, undefined, text);
  const [, bracketed, portOfIt] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? [];
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) throw unreadable(text);
    return listenAt(text, plainIPv6(bracketed), portOfIt);
  }
  const colon = text.lastIndexOf(':');
  if (isIPv6(text)) {
    if (isIPv6(text.slice(0, colon)) && DIGITS.test(text.slice(colon + 1))) throw ambiguous(text);
    return listenAt(text, plainIPv6(text), undefined);
  }
  const address = colon < 0 ? text : text.slice(0, colon);
  const port = colon < 0 ? undefined : text.slice(colon + 1);
  if (address === '' && port !== undefined) return listenAt(text, undefined, port);
  if (isIP(address) === 0 && !isName(address)) throw unreadable(text);
  return listenAt(text, address, port);
}

function listenAt(
  text: string,
  address: string | undefined,
  port: string | undefined,
): ListenAddress {
  const number = port === undefined ? DEFAULTS.port : Number(port);
  const isPort = port === undefined || (DIGITS.test(port) && number <= 65_535);
  if (isPort) return { address: address ?? DEFAULTS.address, port: number };
  throw new CodedError('USAGE', `"${text}": a port is a number from 0 to 65535.`, {
    hint: EXAMPLES,
  });
}

/** `0:0:0:0:0:0:0:1` as `::1`, so that loopback is known by any spelling. */
function plainIPv6(address: string): string {
  if (address.includes('%')) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** Only numbers and dots are a mistyped address, not a name. */
const isName = (text: string): boolean => HOST_NAME.test(text) && !/^[\d.]+$/.test(text);

const EXAMPLES = 'For example 8080, localhost, 0.0.0.0:8080 or [::]:8080.';

function unreadable(text: string): CodedError {
  return new CodedError('USAGE', `"${text}" is not a port, an address or ADDRESS:PORT.`, {
    hint: EXAMPLES,
  });
}

function ambiguous(text: string): CodedError {
  const colon = text.lastIndexOf(':');
  const withPort = `[${text.slice(0, colon)}]:${text.slice(colon + 1)}`;
  return new CodedError('USAGE', `"${text}" can be read as an address with or without a port.`, {
    hint: `Write ${withPort} or [${text}].`,
  });
}
