/** Reads one side of a copy: a path, or the address of a file on a server. */
import { CodedError, type Endpoint } from '../../store.js';
import { looksRemote } from './address.js';
import { requireText } from './text.js';

const DEFAULT_PORT = '8080';

/** `http[s]://host[:8080]/path`, or a path of this machine. @throws CodedError USAGE */
export function parseEndpoint(text: string): Endpoint {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { type: 'local', path: checkedPath(text) };
  requireText('The address', text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !isHttp || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new CodedError('USAGE', `"${text}" is not an address such as http://host:8080/path.`, {
      hint: 'Use http or https; give a token with --token-file; in a path, write ? and # as %3F and %23.',
    });
  }
  // The scheme's own port is left out of a URL: look whether it was given.
  if (url.port === '' && !/^[a-z]+:\/\/[^/]*:\d+(?:\/|$)/i.test(text)) url.port = DEFAULT_PORT;
  return { type: 'remote', url };
}

/** What scp and rsync take for an address is none here, and hardly a path. @throws CodedError USAGE */
function checkedPath(text: string): string {
  if (!looksRemote(text)) return text;
  throw new CodedError('USAGE', `"${text}" is not an address such as http://host:8080/path.`, {
    hint: 'Run `varve serve` on that machine; for a file of that name, write ./ before it.',
  });
}
