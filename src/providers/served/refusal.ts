// A request that is turned away, in the shape that OpenAI's clients read. Every one says what was wrong, and with which member.

export interface RefusalDetails {
  readonly status?: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500 | 503;
  /** The member of the body at fault. */
  readonly param?: string | undefined;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Refusal extends Error {
  readonly status: NonNullable<RefusalDetails["status"]>;
  readonly param: string | null;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, { status = 400, param, code = "invalid_value", headers = {} }: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.param = param ?? null;
    this.code = code;
    this.headers = headers;
  }
}

export function renderRefusal({ message, status, param, code }: Refusal): string {
  return JSON.stringify({ error: { message, type: typeOf(status), param, code } });
}

function typeOf(status: Refusal["status"]): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 404) return "not_found_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
