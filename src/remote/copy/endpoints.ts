/** The two sides of a copy as its user names them, and how those of this machine are opened. */
import { CodedError } from '../../errors.js';
import type { FileSystem } from '../../platform/files.js';
import { identityOf, localPlace, openExistingFile, type OpenFile } from './file/place.js';
import { LocalTarget, type TargetTools } from './local-target.js';

export type Endpoint =
  | { readonly type: 'local'; readonly path: string }
  | { readonly type: 'remote'; readonly url: URL };

/** @throws CodedError NOT_A_FILE, PATH_NOT_FOUND */
export function openLocalSource(files: FileSystem, endpoint: Endpoint): OpenFile {
  const place = localPlace(files, pathOf(endpoint));
  try {
    return openExistingFile(files, place);
  } finally {
    place.close();
  }
}

/** Does `work` with a target, which is closed afterwards. @throws CodedError NOT_A_FILE */
export async function withLocalTarget<T>(
  tools: TargetTools,
  endpoint: Endpoint,
  work: (target: LocalTarget) => Promise<T>,
): Promise<T> {
  const place = localPlace(tools.files, pathOf(endpoint));
  try {
    const target = new LocalTarget(tools, place);
    try {
      return await work(target);
    } finally {
      target.close();
    }
  } finally {
    place.close();
  }
}

/** @throws CodedError COPY_SOURCE_CHANGED */
export function assertUnchanged(files: FileSystem, { descriptor, stat, path }: OpenFile): void {
  if (identityOf(files.at.statOpen(descriptor)) === identityOf(stat)) return;
  throw sourceChanged({ type: 'local', path });
}

export function sourceChanged(endpoint: Endpoint): CodedError {
  const name = endpoint.type === 'local' ? endpoint.path : endpoint.url.href;
  return new CodedError('COPY_SOURCE_CHANGED', `${name} changed while it was being copied.`, {
    hint: 'Several attempts failed; copy it once nothing writes to it, or copy a snapshot of it.',
  });
}

function pathOf(endpoint: Endpoint): string {
  if (endpoint.type === 'local') return endpoint.path;
  throw new CodedError('USAGE', 'Both sides are on servers; one of them must be local.', {
    hint: 'Run the copy on one of the two machines.',
  });
}
