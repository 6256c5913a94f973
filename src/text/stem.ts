// Porter's stemmer ("An algorithm for suffix stripping", Program 14(3), 1980) with the changes that NLTK made to it
// (PorterStemmer, mode NLTK_EXTENSIONS), because rouge_score stems with NLTK and npm's stemmers give other stems.
// Steps are numbered as in the paper; every departure from the paper is marked NLTK. Knows lower-case ASCII words only.

/** A suffix, what replaces it, and the condition on what is left of it. */
type Rule = readonly [suffix: string, replacement: string, condition?: (stem: string) => boolean];

/** NLTK: words outside the rules. */
const irregulars: ReadonlyMap<string, string> = new Map([
  ["sky", "sky"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["news", "news"],
  ["innings", "inning"],
  ["inning", "inning"],
  ["outings", "outing"],
  ["outing", "outing"],
  ["cannings", "canning"],
  ["canning", "canning"],
  ["howe", "howe"],
  ["proceed", "proceed"],
  ["exceed", "exceed"],
  ["succeed", "succeed"],
]);

/** Computes the stem of a lower-case word. */
export function computeStem(word: string): string {
  const irregular = irregulars.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  return steps.reduce((stem, step) => step(stem), word);
}

const isLong = (stem: string): boolean => computeMeasure(stem) > 0;
const isLonger = (stem: string): boolean => computeMeasure(stem) > 1;

/** The first rule whose suffix the word has decides, even where its condition then fails. */
function applyRules(word: string, rules: readonly Rule[]): string {
  for (const [suffix, replacement, condition] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return condition === undefined || condition(stem) ? stem + replacement : word;
  }
  return word;
}

/** 1a: plurals. NLTK: four letters ending in -ies become -ie (ties, tie). */
function stripPlural(word: string): string {
  if (word.length === 4 && word.endsWith("ies")) return word.slice(0, -1);
  return applyRules(word, [
    ["sses", "ss"],
    ["ies", "i"],
    ["ss", "ss"],
    ["s", ""],
  ]);
}

/** 1b: past tense and gerund. NLTK: -ied becomes -ie in four letters, -i in more. */
function stripTense(word: string): string {
  if (word.endsWith("ied")) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith("eed")) return isLong(word.slice(0, -3)) ? word.slice(0, -1) : word;
  for (const suffix of ["ed", "ing"]) {
    const stem = word.slice(0, word.length - suffix.length);
    if (word.endsWith(suffix) && hasVowel(stem)) return repairTense(stem);
  }
  return word;
}

/** 1b, second half: gives back the -e, or takes the doubled consonant, of what -ed or -ing was stripped from. */
function repairTense(stem: string): string {
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (isDoubleConsonantEnd(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return computeMeasure(stem) === 1 && isShortEnd(stem) ? `${stem}e` : stem;
}

/** 1c. NLTK: -y becomes -i after a consonant that is not the first letter (happy, happi; enjoy; spy, spi). */
function turnFinalY(word: string): string {
  return applyRules(word, [["y", "i", (stem) => stem.length > 1 && isConsonantEnd(stem)]]);
}

const suffixPairs: readonly Rule[] = [
  ["ational", "ate", isLong],
  ["tional", "tion", isLong],
  ["enci", "ence", isLong],
  ["anci", "ance", isLong],
  ["izer", "ize", isLong],
  ["bli", "ble", isLong],
  ["alli", "al", isLong],
  ["entli", "ent", isLong],
  ["eli", "e", isLong],
  ["ousli", "ous", isLong],
  ["ization", "ize", isLong],
  ["ation", "ate", isLong],
  ["ator", "ate", isLong],
  ["alism", "al", isLong],
  ["iveness", "ive", isLong],
  ["fulness", "ful", isLong],
  ["ousness", "ous", isLong],
  ["aliti", "al", isLong],
  ["iviti", "ive", isLong],
  ["biliti", "ble", isLong],
  ["fulli", "ful", isLong],
  ["logi", "log", (stem) => isLong(`${stem}l`)],
];

/**
 * 2: double suffixes. NLTK: -alli first, and step 2 again on the result; -bli instead of -abli; -fulli;
 * -logi, whose l counts as part of the stem, so that geologi is treated like archaeologi.
 */
function stripDoubleSuffix(word: string): string {
  if (word.endsWith("alli") && isLong(word.slice(0, -4))) return stripDoubleSuffix(word.slice(0, -2));
  return applyRules(word, suffixPairs);
}

/** 3. */
function stripFullSuffix(word: string): string {
  return applyRules(word, [
    ["icate", "ic", isLong],
    ["ative", "", isLong],
    ["alize", "al", isLong],
    ["iciti", "ic", isLong],
    ["ical", "ic", isLong],
    ["ful", "", isLong],
    ["ness", "", isLong],
  ]);
}

const lastSuffixes: readonly Rule[] = [
  ...["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent"].map(
    (suffix): Rule => [suffix, "", isLonger],
  ),
  ["ion", "", (stem) => isLonger(stem) && /[st]$/.test(stem)],
  ...["ou", "ism", "ate", "iti", "ous", "ive", "ize"].map((suffix): Rule => [suffix, "", isLonger]),
];

/** 4. */
function stripLastSuffix(word: string): string {
  return applyRules(word, lastSuffixes);
}

/** 5a: a final -e. */
function stripFinalE(word: string): string {
  if (!word.endsWith("e")) return word;
  const stem = word.slice(0, -1);
  const measure = computeMeasure(stem);
  return measure > 1 || (measure === 1 && !isShortEnd(stem)) ? stem : word;
}

/** 5b: a final double l. */
function stripDoubleL(word: string): string {
  return applyRules(word, [["ll", "l", (stem) => isLonger(`${stem}l`)]]);
}

const steps: readonly ((word: string) => string)[] = [
  stripPlural,
  stripTense,
  turnFinalY,
  stripDoubleSuffix,
  stripFullSuffix,
  stripLastSuffix,
  stripFinalE,
  stripDoubleL,
];

/**
 * The word as a string of c and v, one for each letter (section 2 of the paper): y is a vowel after a consonant, else a
 * consonant. Digits count as consonants, as they do in NLTK.
 */
function computeShape(word: string): string {
  let shape = "";
  let isAfterVowel = true;
  for (const letter of word) {
    const isVowel: boolean = letter === "y" ? !isAfterVowel : "aeiou".includes(letter);
    shape += isVowel ? "v" : "c";
    isAfterVowel = isVowel;
  }
  return shape;
}

/** The m of [C](VC){m}[V]. */
function computeMeasure(word: string): number {
  return computeShape(word).split("vc").length - 1;
}

/** Condition *v*. */
function hasVowel(word: string): boolean {
  return computeShape(word).includes("v");
}

function isConsonantEnd(word: string): boolean {
  return computeShape(word).endsWith("c");
}

/** Condition *d: the same consonant twice. */
function isDoubleConsonantEnd(word: string): boolean {
  return word.length >= 2 && word.at(-1) === word.at(-2) && isConsonantEnd(word);
}

/** Condition *o: consonant, vowel, consonant other than w, x and y. NLTK: or the whole word is a vowel and a consonant. */
function isShortEnd(word: string): boolean {
  const shape = computeShape(word);
  return (shape.endsWith("cvc") && !/[wxy]$/.test(word)) || shape === "vc";
}
