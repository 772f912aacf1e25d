/** The HTTP application: who may ask, then the routes of what is served. */
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { VERSION_HEADER, WIRE_VERSION } from '../protocol.js';
import { answerOf, type Statuses } from './failures.js';
import { guard, type GuardSettings } from './guard.js';
import type { Application } from './requests.js';

/** What is served. */
export interface Routes {
  add(app: Application): void;
  /** How failures of these routes are answered, where that is not as a request that makes no sense. */
  readonly statuses: Statuses;
}

export function createApplication(settings: GuardSettings, routes: readonly Routes[]): Application {
  const app: Application = new Hono();
  const statuses = Object.assign({}, ...routes.map((one) => one.statuses)) as Statuses;
  app.use(async (context, next) => {
    context.env.outgoing.setHeader(VERSION_HEADER, WIRE_VERSION);
    context.header(VERSION_HEADER, WIRE_VERSION);
    context.header('cache-control', 'no-store');
    await next();
  });
  app.use(guard(settings));
  for (const one of routes) one.add(app);
  app.notFound((context) =>
    context.json({ error: { code: 'REMOTE_REQUEST', message: 'No such request.' } }, 404),
  );
  app.onError((error, context) => {
    const { status, body } = answerOf(error, statuses);
    return context.json(body, status as ContentfulStatusCode);
  });
  return app;
}
