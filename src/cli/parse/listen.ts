/** Reads where a server listens. */
import { CodedError } from '../../store.js';

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';
const LISTEN = /^(?:(.*):)?(\d{1,5})$/;

/** `[ADDRESS:]PORT`; without an address, loopback. @throws CodedError USAGE */
export function parseListen(text: string): ListenAddress {
  const [, address = LOOPBACK, port] = LISTEN.exec(text) ?? [];
  const number = Number(port);
  if (address !== '' && number <= 65_535) {
    return { address: address.replace(/^\[(.*)\]$/, '$1'), port: number };
  }
  throw new CodedError('USAGE', `"${text}" is not a port or ADDRESS:PORT.`, {
    hint: 'For example 8080, 0.0.0.0:8080 or [::]:8080.',
  });
}
