/** Issues of a run as its JSON document lists them. */
import type { Issue } from '../../store.js';
import { jsonPath } from './names.js';

export function jsonIssues(issues: readonly Issue[]): object[] {
  return issues.map(({ path, code, message }) => ({ ...jsonPath(path), code, message }));
}
