/** What this process has open, so that tests see what was never closed. */
import { readdirSync, readlinkSync } from 'node:fs';

/** The paths below a directory that are open, each as often as it is. */
export function openFilesBelow(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(directory) ? [path] : [];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });
}
