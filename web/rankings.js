// Clinical rankings that the user saved under a name: in Local Storage, or for this tab only where that must not or cannot be.

const KEY = 'shapslice-clinical-rankings';

/** @type {any[]} */
let ofThisTab = [];
let traceless = false;

/** @returns {any[]} */
export function savedRankings() {
  if (traceless) return ofThisTab;
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return ofThisTab; // storage is denied, or holds no JSON
  }
}

/** @param {any} ranking one of the same name is replaced */
export function saveRanking(ranking) {
  ofThisTab = [...savedRankings().filter((each) => each.name !== ranking.name), ranking];
  if (traceless) return;
  try {
    localStorage.setItem(KEY, JSON.stringify(ofThisTab));
  } catch {
    // full or denied: it stays for this tab
  }
}

export function forgetRankings() {
  ofThisTab = [];
  try {
    localStorage.removeItem(KEY);
  } catch {
    // where storage is denied there is nothing to forget
  }
}

/** Whether nothing is to be kept. @param {boolean} on */
export function leaveNoTrace(on) {
  traceless = on;
}
