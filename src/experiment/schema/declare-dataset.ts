// What a resolved dataset is to the one who opens it: a null there is a wish of nobody's, and left out here.

import type { DatasetDeclaration } from "../../datasets/registry.ts";
import type { DatasetSettings } from "../experiment.ts";

export function declareDataset(settings: DatasetSettings): DatasetDeclaration {
  if (settings.kind === "newswire") return { name: "newswire", train: settings.train, test: settings.test };
  const { fields, split, train, test, filter, dedupe, decontaminate = null } = settings;
  const { id, ...columns } = fields;
  const counts = { ...(train === null ? {} : { train }), ...(test === null ? {} : { test }) };
  const rows = {
    fields: id === null ? columns : { ...columns, id },
    split,
    ...counts,
    ...(filter && dedupe ? { curation: { filter, dedupe, decontaminate } } : {}),
  };
  if (settings.kind === "file") return { file: settings.file, ...rows };
  const { hub, config, revision, folder, splits } = settings;
  const pinned = { ...(config === null ? {} : { config }), ...(revision === null ? {} : { revision }) };
  return { hub, ...pinned, ...(folder === null ? {} : { folder }), splits, ...rows };
}
