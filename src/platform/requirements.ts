/**
 * What Varve needs of the machine before anything of it may be loaded: on an older Node the SQLite binary
 * ends the process with a segmentation fault. This module imports nothing and keeps to the syntax of old
 * engines, because it has to run on the very Node that it turns away.
 */

/** The oldest Node that Varve runs on: that of `engines` in package.json. */
export const MIN_NODE = '22.12.0';

/** What is missing, as the fields of a `CodedError`. */
export interface MissingRequirement {
  readonly code: 'NODE_TOO_OLD' | 'PLATFORM_UNSUPPORTED';
  readonly message: string;
  readonly hint: string;
}

/** What this machine lacks, or undefined. `nodeVersion`: as in `process.versions.node`. */
export function missingRequirement(
  nodeVersion: string,
  platform: string,
): MissingRequirement | undefined {
  if (platform !== 'linux') {
    return {
      code: 'PLATFORM_UNSUPPORTED',
      message: `Varve runs only on Linux; this system is ${platform}.`,
      hint: 'Run it on a Linux machine or in a Linux container.',
    };
  }
  if (isOlder(nodeVersion, MIN_NODE)) {
    return {
      code: 'NODE_TOO_OLD',
      message: `Varve needs Node ${MIN_NODE} or newer; this is Node ${nodeVersion}.`,
      hint: 'Install a current Node (https://nodejs.org/en/download), or put a newer one first in your PATH.',
    };
  }
  return undefined;
}

function isOlder(version: string, than: string): boolean {
  const own = version.split('.').map(Number);
  const least = than.split('.').map(Number);
  const differing = least.findIndex((part, index) => own[index] !== part);
  return differing !== -1 && Number(own[differing]) < Number(least[differing]);
}
