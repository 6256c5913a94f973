// What somebody probably meant by a path that leads nowhere: one of Windows, or one that a shell would have completed.
// It looks at the words alone and at no disk.

/** The step to take for a path at which there is nothing; undefined where its words tell nothing. */
export function renderPathAdvice(path: string): string | undefined {
  const drive = /^([A-Za-z]):[\\/](.*)$/s.exec(path);
  if (drive !== null) {
    const [, letter = "", rest = ""] = drive;
    return `that is a path of Windows; under WSL it is /mnt/${letter.toLowerCase()}/${rest.replaceAll("\\", "/")}`;
  }
  if (path.includes("\\")) return "write the path with /, not with \\";
  if (/^~|\$\{?[A-Za-z_]/.test(path)) return "write the path out: ~ and $NAME are left as they stand";
  return undefined;
}
