// Finds what looks like a key or a password in an experiment file: the file is copied into every run and shown in every
// report, so no secret may stand in it, not even in a comment. It never repeats what it has found.

/** Names of keys that hold a secret wherever they are read: api_key, hf-token, clientSecret, password. */
const secretKey =
  /(^|[_-]|[a-z](?=[A-Z]))(api[_-]?key|access[_-]?key|token|secret|password|passwd|authorization|credentials?)$/i;

export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

/** How those who issue keys begin them, and the ways in which people write them down. */
const secrets: readonly RegExp[] = [
  /\bsk-(?=[\w-]*\d)[\w-]{16,}/g,
  /\b(?:hf|r8|gsk)_(?=\w*\d)[A-Za-z0-9]{20,}/g,
  /\b(?:gh[pousr]|github_pat)_\w{20,}/g,
  /\b(?:glpat|nvapi|xox[abprs])-[\w-]{10,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/gi,
  /\bBearer [\w.~+/-]{16,}/g,
  /\b[A-Z0-9_]*(?:API_KEY|TOKEN|SECRET|PASSWORD)[ \t]*[=:][ \t]*["']?[^\s"'$]{8,}/g,
];

/** Where secrets begin, in the order of the text, one a line. */
export function findSecrets(text: string): readonly number[] {
  const offsets = secrets.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match.index));
  const lineOf = (offset: number): number => text.lastIndexOf("\n", offset - 1);
  const byLine = new Map(offsets.toSorted((one, other) => other - one).map((offset) => [lineOf(offset), offset]));
  return [...byLine.values()].toSorted((one, other) => one - other);
}

/** The next step, whatever was found. */
export const secretAdvice =
  "take it out, and put it into the environment: this file is copied into every run and report";
