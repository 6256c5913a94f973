// The names and numbers of the newswire corpus: products of syllables, made up throughout; a likeness is chance.
// Each list is ordered by frequency rank. It knows nothing of events or sentences.

/** Ranked names of one kind of world; `createKnownNames` fills the word list, `createUnknownNames` stays outside it. */
export interface NewswireNames {
  readonly first: readonly string[];
  readonly last: readonly string[];
  readonly places: readonly string[];
  readonly organisations: readonly string[];
}

/** 80 first names, 160 last names, 120 places and 100 organisation stems. */
export function createKnownNames(): NewswireNames {
  return {
    first: joinSyllables("ma be lo ti ra ke jo sa vi no", "ra lin vo dan mika sel tto ris"),
    last: joinSyllables(
      "bor kal ven dras hol mor pel quin sand tol ulm wex yar zim fal gren",
      "den sko ley vik ton sen ard ova stein ez",
    ),
    places: joinSyllables(
      "tar mil oster brem lun cas dover ell far hart kings nor",
      "burg holm ford mouth vale wick gate stow by pool",
    ),
    organisations: joinSyllables(
      "vel axi zeph dor opti lumi cor nexi bran juno",
      "mar tek dyne vix quo ra lon core za tis",
    ),
  };
}

/** As many names from other syllables: none of them is in the word list, so a model can only copy them. */
export function createUnknownNames(): NewswireNames {
  return {
    first: joinSyllables("ile osa uri ani eza hi pu wy gla shi", "a mo bo rek ya lu ff gan"),
    last: joinSyllables(
      "abro chev dju eck fjor gwil hux ived jurg khal lloy nguy oak prz rhys szab",
      "ami onn ulk etti owen aka iuk ora ish ull",
    ),
    places: joinSyllables(
      "aber chim dun erz glen inver llan omsk porto quay rio sund",
      "dale heim nia polis ruhe sur tal ula via zoi",
    ),
    organisations: joinSyllables(
      "agri blu cryo digi ecto fermi giga hydro iono kilo",
      "bit cell dex flux gen jet kin lab nyx pod",
    ),
  };
}

/** The numbers that articles may use, ascending; each event draws from a range of them. */
export function createNumbers(): readonly number[] {
  const small = Array.from({ length: 19 }, (_, index) => index + 2);
  const medium = [24, 25, 30, 35, 36, 40, 45, 48, 50, 52, 54, 55, 57, 60, 64, 70, 75, 80, 90];
  return [...small, ...medium, 100, 120, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900];
}

/**
 * Every start with every end. A stride that shares no factor with the list's length scatters the ranks,
 * so that frequent names do not all begin alike.
 */
function joinSyllables(starts: string, ends: string): readonly string[] {
  const names = starts.split(" ").flatMap((start) => ends.split(" ").map((end) => start + end));
  const stride = 37;
  return names.map((_, rank) => names[(rank * stride) % names.length]!);
}
