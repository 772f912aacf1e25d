/** What a refusal of a server means here. */
import { CodedError, type ErrorCode } from '../../../errors.js';
import { asObject, asText, parseJson } from '../json.js';

/** An answer whose status is not a success. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
}

/**
 * What a refusal means here. The server may report the failures of `reported` by their codes; its text
 * is shown as it is.
 */
export function failureOfAnswer(
  { status, body }: Refusal,
  { host }: URL,
  reported: readonly ErrorCode[],
): CodedError {
  const failure = reportedFailure(body, host, reported);
  if (failure) return failure;
  if (status === 401 || status === 403 || status === 429) {
    return new CodedError('REMOTE_REFUSED', `${host} refused the request (${status}).`, {
      hint: 'Give its token with --token-file or $VARVE_TOKEN.',
    });
  }
  if (status === 404) {
    return new CodedError('PATH_NOT_FOUND', `${host} has no such file.`, {
      hint: 'Check the path, which is relative to the root of the server.',
    });
  }
  return new CodedError('REMOTE_PROTOCOL', `${host} answered with status ${status}.`, {
    hint: 'Check that `varve serve` or pdiffcopy is at that address; redirects are not followed.',
  });
}

function reportedFailure(
  body: string,
  host: string,
  reported: readonly ErrorCode[],
): CodedError | undefined {
  try {
    const { code, message, hint } = asObject(asObject(parseJson(body))['error']);
    const known = reported.find((one) => one === code);
    if (!known) return undefined;
    const said = typeof hint === 'string' ? { hint } : {};
    return new CodedError(known, `${host}: ${asText(message)}`, said);
  } catch {
    return undefined;
  }
}
