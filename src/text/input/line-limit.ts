// The longest line that is read of a JSON Lines file, whoever reads it. No row of real data comes near: a novel has one
// MiB. Parsing, hashing and counting a line of this length keeps a thread for less than a tenth of a second.

export const longestLineBytes = 16 * 1024 * 1024;
