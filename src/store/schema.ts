// The tables, in the vocabulary, as migrations in order. A migration is never edited once released: add the next one.

export const migrations: readonly string[] = [
  `
  -- The run itself: one row.
  CREATE TABLE run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'running', 'done', 'failed', 'interrupted')),
    reason TEXT,
    resolved TEXT NOT NULL,             -- the resolved experiment, JSON: what resume goes by
    resolved_sha256 TEXT NOT NULL
  ) STRICT;

  CREATE TABLE arm (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    generations INTEGER NOT NULL,
    is_line INTEGER NOT NULL,
    fields TEXT NOT NULL                -- what differs between arms, JSON
  ) STRICT;

  -- A split as it was imported; an experiment uses the current one of each, stale stages may refer to others.
  CREATE TABLE dataset (
    id INTEGER PRIMARY KEY,
    split TEXT NOT NULL CHECK (split IN ('train', 'test')),
    sha256 TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    rows_sha256 TEXT,                   -- of its rows as they were imported
    is_current INTEGER NOT NULL,
    UNIQUE (split, sha256)
  ) STRICT;

  CREATE TABLE dataset_row (
    dataset_id INTEGER NOT NULL REFERENCES dataset (id),
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    article TEXT NOT NULL,
    summary TEXT NOT NULL,
    PRIMARY KEY (dataset_id, position),
    UNIQUE (dataset_id, id)
  ) STRICT;

  -- One durable, content-addressed step of the loop.
  CREATE TABLE stage (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    parameters TEXT NOT NULL,
    inputs TEXT NOT NULL,               -- JSON array of stage keys
    state TEXT NOT NULL CHECK (state IN ('new', 'running', 'done', 'stale', 'failed')),
    planned INTEGER NOT NULL DEFAULT 1, -- 0: no longer asked for by the experiment; kept, left out of reports
    value TEXT,                         -- what it returned, JSON
    output_sha256 TEXT,
    inputs_sha256 TEXT,                 -- digest of the outputs it was made from
    rows_sha256 TEXT,                   -- of its scores, selection, parts or metrics as they were written
    started_ms INTEGER,
    finished_ms INTEGER,
    duration_ms REAL,
    reason TEXT
  ) STRICT;

  -- Who asks for which stage.
  CREATE TABLE turn (
    arm TEXT NOT NULL,
    seed INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    position INTEGER NOT NULL,          -- order of asking within the plan
    stage_id INTEGER NOT NULL REFERENCES stage (id),
    PRIMARY KEY (arm, seed, generation, stage_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX turn_by_stage ON turn (stage_id);

  -- The intent and billing ledger: committed before the work begins, closed with its rows.
  CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    stage_id INTEGER NOT NULL REFERENCES stage (id),
    key TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    -- planned: work inside this process. sent: about to leave it, or gone. unknown: sent, and no reply was recorded.
    state TEXT NOT NULL CHECK (state IN ('planned', 'sent', 'done', 'retryable', 'failed', 'unknown')),
    reason TEXT,
    is_outside INTEGER NOT NULL,        -- 1: it leaves the process and may cost money
    try_count INTEGER NOT NULL DEFAULT 1,
    repeat_count INTEGER NOT NULL DEFAULT 0, -- tries after one whose reply is unknown: possibly paid twice
    try_usd REAL NOT NULL DEFAULT 0,    -- what the latest try costs at most
    cost_usd REAL NOT NULL DEFAULT 0,   -- over all tries that may have been billed
    token_count INTEGER NOT NULL DEFAULT 0, -- of what it brought, over all tries that brought something
    rows_sha256 TEXT,                   -- of its candidates as they were written
    intended_ms INTEGER NOT NULL,
    closed_ms INTEGER,
    UNIQUE (stage_id, key)
  ) STRICT;

  CREATE TABLE candidate (
    stage_id INTEGER NOT NULL REFERENCES stage (id),
    id INTEGER NOT NULL,                -- plan order: prompt position x draws + draw
    dataset_id INTEGER NOT NULL,
    position INTEGER NOT NULL,          -- of the prompt's row in its split
    draw INTEGER NOT NULL,
    completion TEXT NOT NULL,
    finish TEXT NOT NULL,
    reason TEXT,
    log_probability REAL,
    token_count INTEGER NOT NULL,
    token_log_probabilities BLOB,       -- float64, little endian
    attempt_id INTEGER NOT NULL REFERENCES attempt (id),
    UNIQUE (stage_id, id),
    FOREIGN KEY (dataset_id, position) REFERENCES dataset_row (dataset_id, position)
  ) STRICT;
  -- Without it every dataset row that is removed reads all candidates, to see that none is left without.
  CREATE INDEX candidate_by_row ON candidate (dataset_id, position);

  -- What lint found in a sample stage's candidates; no part of the stage's output.
  CREATE TABLE lint (
    stage_id INTEGER PRIMARY KEY REFERENCES stage (id),
    value TEXT NOT NULL,                -- JSON, with the version of lint
    value_sha256 TEXT NOT NULL
  ) STRICT;

  CREATE TABLE score (
    stage_id INTEGER NOT NULL REFERENCES stage (id),
    candidate_id INTEGER NOT NULL,
    score REAL,                         -- null: unscorable
    reason TEXT,
    PRIMARY KEY (stage_id, candidate_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE selection (
    stage_id INTEGER NOT NULL REFERENCES stage (id),
    candidate_id INTEGER NOT NULL,
    rank INTEGER,                       -- 0 is the best; null: rejected
    reason TEXT NOT NULL,
    PRIMARY KEY (stage_id, candidate_id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX selection_by_rank ON selection (stage_id, rank) WHERE rank IS NOT NULL;

  -- A corpus is a list of references.
  CREATE TABLE corpus_part (
    stage_id INTEGER NOT NULL REFERENCES stage (id),
    position INTEGER NOT NULL,
    source_id INTEGER REFERENCES stage (id), -- an assemble or a select stage; null: the dataset's train split
    row_count INTEGER NOT NULL,
    take BLOB,                          -- uint32 positions within the source, little endian; null: all
    PRIMARY KEY (stage_id, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE artifact (
    sha256 TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('file', 'tree', 'external')),
    bytes INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('kept', 'released'))
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE model (
    stage_id INTEGER PRIMARY KEY REFERENCES stage (id),
    artifact_sha256 TEXT NOT NULL REFERENCES artifact (sha256)
  ) STRICT;

  CREATE TABLE metric (
    stage_id INTEGER NOT NULL REFERENCES stage (id),
    generation INTEGER NOT NULL,        -- within a trial stage; 0 for an evaluate stage
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    value REAL NOT NULL,
    low REAL,
    high REAL,
    item_count INTEGER,
    items BLOB,                         -- float64, little endian, in item order
    PRIMARY KEY (stage_id, generation, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL                -- JSON
  ) STRICT;
  `,
  `
  -- What left the process for hosted models: who answered, and what was counted there.
  ALTER TABLE attempt ADD COLUMN url TEXT;
  ALTER TABLE attempt ADD COLUMN prompt_token_count INTEGER NOT NULL DEFAULT 0; -- part of token_count
  ALTER TABLE attempt ADD COLUMN try_token_count INTEGER NOT NULL DEFAULT 0;    -- what the latest try uses at most

  -- What an attempt brought that is no row of its own.
  CREATE TABLE answer (
    attempt_id INTEGER PRIMARY KEY REFERENCES attempt (id),
    value TEXT NOT NULL,                -- JSON
    value_sha256 TEXT NOT NULL
  ) STRICT;

  -- An endpoint as it was proved: what it can do, and the fingerprint of the model behind it.
  CREATE TABLE endpoint (
    name TEXT PRIMARY KEY,
    evidence TEXT NOT NULL,             -- JSON
    evidence_sha256 TEXT NOT NULL,
    proved_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Sums over the attempts that leave the process, reservations included: one row, kept by the triggers.
  CREATE TABLE spending (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    usd REAL NOT NULL,
    requests INTEGER NOT NULL,
    tokens INTEGER NOT NULL
  ) STRICT;
  INSERT INTO spending (id, usd, requests, tokens)
    SELECT 1, coalesce(sum(cost_usd), 0), coalesce(sum(try_count), 0), coalesce(sum(token_count), 0)
    FROM attempt WHERE is_outside = 1;
  CREATE TRIGGER spending_insert AFTER INSERT ON attempt WHEN new.is_outside = 1 BEGIN
    UPDATE spending SET usd = usd + new.cost_usd, requests = requests + new.try_count,
      tokens = tokens + new.token_count + new.try_token_count;
  END;
  CREATE TRIGGER spending_update AFTER UPDATE OF cost_usd, try_count, token_count, try_token_count ON attempt
    WHEN new.is_outside = 1 BEGIN
    UPDATE spending SET usd = usd + new.cost_usd - old.cost_usd, requests = requests + new.try_count - old.try_count,
      tokens = tokens + new.token_count + new.try_token_count - old.token_count - old.try_token_count;
  END;
  `,
  `
  -- The article that a candidate wrote itself, in place of its prompt's.
  ALTER TABLE candidate ADD COLUMN article TEXT;
  `,
  `
  -- Whoever writes the run keeps the sums itself: two triggers and a row of their own were a tenth of what an attempt took.
  DROP TRIGGER spending_insert;
  DROP TRIGGER spending_update;
  DROP TABLE spending;
  `,
  `
  -- Of the earlier tries that nobody saw an answer of; those of the latest stand in try_usd and try_token_count.
  ALTER TABLE attempt ADD COLUMN unseen_usd REAL NOT NULL DEFAULT 0;
  ALTER TABLE attempt ADD COLUMN unseen_token_count INTEGER NOT NULL DEFAULT 0;
  UPDATE attempt SET unseen_usd = max(0, cost_usd - try_usd) WHERE is_outside = 1 AND (repeat_count > 0 OR state = 'unknown');
  `,
  `
  -- What a server asked for last: not to be asked again for so long.
  CREATE TABLE patience (
    endpoint TEXT NOT NULL,
    url TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,               -- what it said
    PRIMARY KEY (endpoint, url)
  ) STRICT, WITHOUT ROWID;
  `,
];
