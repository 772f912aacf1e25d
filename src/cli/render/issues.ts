/** Issues and notices of a run as its JSON document lists them. */
import type { Issue, Notice } from '../../store.js';
import { jsonPath } from './names.js';

export function jsonIssues(issues: readonly Issue[]): object[] {
  return issues.map(({ path, code, message }) => ({ ...jsonPath(path), code, message }));
}

export function jsonNotices(notices: readonly Notice[]): object[] {
  return notices.map(({ code, message, paths }) => ({ code, message, paths: paths.map(jsonPath) }));
}
