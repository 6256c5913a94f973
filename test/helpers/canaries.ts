// Keys that must never be seen again, and every form in which they might be.

/** Characters that addresses, JSON and base64 write in another way. */
export const canaries = {
  OPENAI_API_KEY: 'Zq7+/=" \\canary-openai-9vXw2Lm',
  HF_TOKEN: 'Hq8+/=" \\canary-hub-4kTr7Np',
  AWS_SECRET_ACCESS_KEY: 'Aq9+/=" \\canary-aws-1bYc6Qs',
  MY_OWN_SECRET: 'Mq0+/=" \\canary-own-8dFg3Rt',
  DATABASE_PASSWORD: 'Dq1+/=" \\canary-db-5hJk0Uv',
} as const;

/** As it is, in an address (two ways), in base64, in JSON, and its first eight characters. */
export function listForms(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ a: secret }).toString().slice(2),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
    JSON.stringify(secret).slice(1, -1),
    secret.slice(0, 8),
  ];
}
