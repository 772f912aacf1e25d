/** What a refusal of a server means here. */
import { CodedError, type ErrorCode } from '../../errors.js';
import { asObject, asText, parseJson } from '../wire/documents.js';

/** Failures that a server reports by their codes. */
const REPORTED: readonly ErrorCode[] = [
  'COPY_BUSY',
  'COPY_MISMATCH',
  'COPY_SOURCE_CHANGED',
  'COPY_TARGET_CHANGED',
  'DISK_FULL',
  'NOT_A_FILE',
  'PATH_NOT_FOUND',
  'REMOTE_READ_ONLY',
  'REMOTE_REFUSED',
  'REMOTE_REQUEST',
  'USAGE_HASH_METHOD',
];

/** The failure behind a status that is no success. Text of the server is shown as it is. */
export function failureOfAnswer(status: number, body: string, { host }: URL): CodedError {
  const reported = reportedFailure(body, host);
  if (reported) return reported;
  if (status === 401 || status === 403 || status === 429) {
    return new CodedError('REMOTE_REFUSED', `${host} refuses the request (${status}).`, {
      hint: 'Give its token with --token-file or $VARVE_TOKEN.',
    });
  }
  if (status === 404) {
    return new CodedError('PATH_NOT_FOUND', `There is no such file on ${host}.`, {
      hint: 'Check the path; it is relative to the root of the server.',
    });
  }
  return new CodedError('REMOTE_PROTOCOL', `${host} answered with status ${status}.`, {
    hint: 'Check that the address is that of `varve serve` or of pdiffcopy; redirections are not followed.',
  });
}

function reportedFailure(body: string, host: string): CodedError | undefined {
  try {
    const { code, message, hint } = asObject(asObject(parseJson(body))['error']);
    const known = REPORTED.find((one) => one === code);
    if (!known) return undefined;
    const said = typeof hint === 'string' ? { hint } : {};
    return new CodedError(known, `${host}: ${asText(message)}`, said);
  } catch {
    return undefined;
  }
}
