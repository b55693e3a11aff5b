// Search box: finds artists, songs and albums from the header.
export const SearchBox = () => null;
