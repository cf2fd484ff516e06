// A file of the site, or a sentence: what a host says in place of one is never taken for it.

/** @param {URL} url @returns {Promise<Response>} */
export async function siteFile(url) {
  const name = url.pathname.split('/').at(-1);
  let response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Error(`${name}: this file of the site is out of reach (${/** @type {Error} */ (error).message}).`);
  }
  if (response.ok) return response;
  const said = response.headers.has('ShapSlice-Problem'); // a sentence of service_worker.js
  throw new Error(said ? await response.text() : `${name}: HTTP ${response.status}; expected this file of the site.`);
}
