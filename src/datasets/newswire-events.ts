// The fifteen kinds of event that the newswire corpus reports, as sentence patterns with {slots}.
// Pure data: who is drawn, and which sentence an article or a headline uses, is decided elsewhere.

/** What fills a slot: a person, an organisation with one of the suffixes, or one of the listed things. */
export type Filling = "person" | readonly string[] | { readonly suffixes: readonly string[] };

export interface NewswireEvent {
  readonly kind: string;
  /** Who did it, or whom or what it befell: the headline begins or ends with it. */
  readonly actor: Filling;
  readonly other?: Filling;
  /** subject + past + rest + amount is a full sentence; subject + "may" + plain + rest a hedged one. */
  readonly subject: string;
  readonly past: string;
  readonly plain: string;
  readonly rest: string;
  readonly amount: string;
  /** How a headline words the amount. */
  readonly margin: string;
  /** Actor first, then the other way round; `paraphrases` says the same in other words. */
  readonly headlines: readonly [string, string];
  readonly paraphrases: readonly [string, string];
  readonly details: readonly [string, string];
  /** Ranges of {number} (the amount) and {second} (the details). */
  readonly numbers: readonly [number, number];
  readonly seconds: readonly [number, number];
}

// Suffixes and things are ordered by frequency, like all lists of this corpus.
const firm = { suffixes: ["motors", "bank", "foods", "steel", "airlines"] };
const party = { suffixes: ["party", "alliance", "league"] };
const team = { suffixes: ["united", "rovers", "tigers", "wolves"] };
const campus = { suffixes: ["university", "institute", "museum"] };
const crimes = ["fraud", "theft", "smuggling", "bribery"];

/** Events by domain, both in order of frequency. */
export const newswireDomains: Readonly<Record<string, readonly NewswireEvent[]>> = {
  business: [
    {
      kind: "takeover",
      actor: firm,
      other: firm,
      subject: "{actor}",
      past: "bought",
      plain: "buy",
      rest: "{other}",
      amount: "for {number} million",
      margin: "in {number} million deal",
      headlines: ["{actor} buys {other}", "{other} sold to {actor}"],
      paraphrases: ["{actor} takes {other}", "{other} goes to {actor}"],
      details: ["shares in {other} rose {second} percent .", "it took {second} weeks to sign the deal ."],
      numbers: [20, 900],
      seconds: [2, 20],
    },
    {
      kind: "closure",
      actor: firm,
      other: ["plant", "mine", "mill", "brewery"],
      subject: "{actor}",
      past: "closed",
      plain: "close",
      rest: "a {other}",
      amount: "where {number} people worked",
      margin: "with {number} jobs lost",
      headlines: ["{actor} shuts {other}", "{other} shut by {actor}"],
      paraphrases: ["{actor} quits {other}", "{other} quit by {actor}"],
      details: ["the {other} was {second} years old .", "the workers get {second} weeks of pay ."],
      numbers: [10, 900],
      seconds: [4, 60],
    },
    {
      kind: "profit",
      actor: firm,
      subject: "{actor}",
      past: "reported",
      plain: "report",
      rest: "a record profit",
      amount: "of {number} million",
      margin: "to {number} million",
      headlines: ["{actor} earnings climb", "earnings climb at {actor}"],
      paraphrases: ["{actor} gains jump", "gains jump at {actor}"],
      details: ["sales rose {second} percent in a year .", "the chief bought cake for {second} workers ."],
      numbers: [10, 600],
      seconds: [5, 90],
    },
  ],
  sport: [
    {
      kind: "match",
      actor: team,
      other: team,
      subject: "{actor}",
      past: "defeated",
      plain: "defeat",
      rest: "{other}",
      amount: "by {number} points",
      margin: "with {number} point lead",
      headlines: ["{actor} beat {other}", "{other} lose to {actor}"],
      paraphrases: ["{actor} sink {other}", "{other} sunk by {actor}"],
      details: ["a crowd of {second} thousand sang all night .", "the winner came in minute {second} ."],
      numbers: [2, 30],
      seconds: [10, 90],
    },
    {
      kind: "transfer",
      actor: team,
      other: "person",
      subject: "{actor}",
      past: "signed",
      plain: "sign",
      rest: "{other}",
      amount: "for {number} million",
      margin: "in {number} million deal",
      headlines: ["{actor} land {other}", "{other} joins {actor}"],
      paraphrases: ["{actor} sign {other}", "{other} moves to {actor}"],
      details: ["the striker signed for {second} years .", "fans waited {second} hours to see the striker ."],
      numbers: [2, 120],
      seconds: [2, 8],
    },
    {
      kind: "record",
      actor: "person",
      other: ["sprint", "marathon", "swimming", "cycling"],
      subject: "{actor}",
      past: "broke",
      plain: "break",
      rest: "the {other} record",
      amount: "by {number} seconds",
      margin: "with {number} second lead",
      headlines: ["{actor} sets {other} mark", "{other} mark for {actor}"],
      paraphrases: ["{actor} claims {other} best", "{other} best for {actor}"],
      details: ["the old record stood for {second} years .", "the champion had {second} pancakes ."],
      numbers: [2, 40],
      seconds: [3, 36],
    },
  ],
  politics: [
    {
      kind: "election",
      actor: "person",
      subject: "{actor}",
      past: "won",
      plain: "win",
      rest: "the vote for mayor",
      amount: "with {number} percent",
      margin: "on {number} point share",
      headlines: ["{actor} elected town chief", "voters elect {actor}"],
      paraphrases: ["{actor} wins town vote", "town vote goes to {actor}"],
      details: ["the new mayor will plant {second} trees .", "rain kept {second} percent of voters at home ."],
      numbers: [35, 90],
      seconds: [20, 80],
    },
    {
      kind: "resignation",
      actor: "person",
      other: ["finance", "health", "farm", "transport"],
      subject: "{actor}",
      past: "resigned",
      plain: "resign",
      rest: "as {other} minister",
      amount: "after {number} months",
      margin: "{number} months into job",
      headlines: ["{actor} quits {other} post", "{other} post quit by {actor}"],
      paraphrases: ["{other} chief {actor} steps down", "down steps {other} chief {actor}"],
      details: [
        "the minister blamed {second} years of bad coffee .",
        "a deputy will run the ministry for {second} weeks .",
      ],
      numbers: [2, 40],
      seconds: [2, 16],
    },
    {
      kind: "bill",
      actor: party,
      other: ["tax", "pension", "health", "farm"],
      subject: "{actor}",
      past: "rejected",
      plain: "reject",
      rest: "the {other} bill",
      amount: "by {number} votes",
      margin: "on {number} vote lead",
      headlines: ["{actor} blocks {other} law", "{other} law blocked by {actor}"],
      paraphrases: ["{actor} sinks {other} reform", "{other} reform sunk by {actor}"],
      details: ["fans of the bill sang for {second} hours .", "the bill will be back in {second} weeks ."],
      numbers: [2, 60],
      seconds: [3, 20],
    },
  ],
  nature: [
    {
      kind: "disaster",
      actor: ["storm", "flood", "fire", "landslide", "tornado"],
      subject: "a {actor}",
      past: "destroyed",
      plain: "destroy",
      rest: "a row of homes",
      amount: "with {number} people inside",
      margin: "leaving {number} hurt",
      headlines: ["{actor} wrecks houses", "houses wrecked by {actor}"],
      paraphrases: ["{actor} claims houses", "houses lost to {actor}"],
      details: ["neighbours cooked soup for {second} families .", "{second} families had no power all night ."],
      numbers: [2, 80],
      seconds: [10, 300],
    },
    {
      kind: "rescue",
      actor: "person",
      other: ["dog", "child", "sailor", "pony", "goat"],
      subject: "{actor}",
      past: "rescued",
      plain: "rescue",
      rest: "a lost {other}",
      amount: "after {number} hours",
      margin: "in {number} hour search",
      headlines: ["{actor} saves {other}", "{other} saved by {actor}"],
      paraphrases: ["hero {actor} finds {other}", "{other} found by hero {actor}"],
      details: ["the {other} was cold but well .", "the {other} got a blanket and {second} sausages ."],
      numbers: [2, 48],
      seconds: [2, 12],
    },
  ],
  justice: [
    {
      kind: "arrest",
      actor: "person",
      other: crimes,
      subject: "police",
      past: "arrested",
      plain: "arrest",
      rest: "{actor} over {other}",
      amount: "worth {number} million",
      margin: "in {number} million case",
      headlines: ["{actor} held for {other}", "{other} suspect {actor} held"],
      paraphrases: ["{actor} caught for {other}", "{other} suspect {actor} caught"],
      details: ["police took {second} boxes out of a garage .", "a lawyer blamed {second} bad friends ."],
      numbers: [2, 250],
      seconds: [3, 100],
    },
    {
      kind: "sentence",
      actor: "person",
      other: crimes,
      subject: "a judge",
      past: "jailed",
      plain: "jail",
      rest: "{actor} over {other}",
      amount: "for {number} years",
      margin: "with {number} year term",
      headlines: ["court sends {actor} to prison", "prison for {actor}"],
      paraphrases: ["{actor} locked up for {other}", "{other} suspect {actor} locked up"],
      details: ["the trial took {second} weeks .", "the jury took {second} hours and much tea ."],
      numbers: [2, 25],
      seconds: [2, 40],
    },
  ],
  science: [
    {
      kind: "prize",
      actor: "person",
      other: ["physics", "poetry", "peace", "film"],
      subject: "{actor}",
      past: "received",
      plain: "receive",
      rest: "the {other} prize",
      amount: "worth {number} thousand",
      margin: "and {number} thousand",
      headlines: ["{actor} wins {other} award", "{other} award goes to {actor}"],
      paraphrases: ["{actor} gets {other} medal", "{other} medal for {actor}"],
      details: ["the winner thanked {second} old friends .", "the winner will buy a boat ."],
      numbers: [5, 900],
      seconds: [2, 30],
    },
    {
      kind: "discovery",
      actor: campus,
      other: ["fossil", "comet", "shipwreck", "dinosaur"],
      subject: "{actor}",
      past: "discovered",
      plain: "discover",
      rest: "a giant {other}",
      amount: "after {number} years",
      margin: "in {number} year search",
      headlines: ["{actor} finds {other}", "{other} found by {actor}"],
      paraphrases: ["{actor} spots {other}", "{other} spotted by {actor}"],
      details: ["the {other} is {second} metres long .", "people may see the {other} in {second} weeks ."],
      numbers: [2, 60],
      seconds: [4, 300],
    },
  ],
};
