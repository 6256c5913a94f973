// What is said where an endpoint's key is not there. The key itself is nobody's here.

import { ConfigError, type Problem } from "../errors.ts";

/** The variable that holds an endpoint's key is not set, or empty. */
export function createKeyProblem(endpoint: string, variable: string): Problem {
  return {
    where: `endpoints.${endpoint}.key`,
    what: `the environment variable ${variable} is not set`,
    next: `export ${variable} and start again`,
  };
}

export function createKeyError(endpoint: string, variable: string): ConfigError {
  return new ConfigError([createKeyProblem(endpoint, variable)]);
}
