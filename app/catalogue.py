"""A made-up catalogue: believable songs and artists of many languages, so that the product runs without anybody's data.

The words of each scene are lists to combine; a pattern names the lists that it takes. Nobody real is meant.
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tables.songs import Song, Songs

__all__ = ["SCENES", "Scene", "generate_songs"]

BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
SONGS_AN_ARTIST = 11
ALBUM_GUESTS_SHARE = 0.13
SINGLE_GUESTS_SHARE = 0.3
COLLABORATION_SIZES = (2, 2, 2, 2, 2, 2, 2, 3, 3, 4)
SAME_SCENE_SHARE = 0.7
OWN_GENRE_SHARE = 0.85
TITLE_TRACK_SHARE = 0.3
VERSION_SHARE = 0.11
VERSION_OF_OWN_SHARE = 0.7
SAME_TITLE_MOST = 3
SAME_TITLE_SHARE = 0.15
TITLE_TRIES_MOST = 60
WEIGHT_MOST = 1_000_000.0


@dataclass(frozen=True)
class Scene:
    """One language's music: its share of artists, ISRC country, genres with weights, words, and patterns of them.

    A pattern is text with the names of word lists in braces: `{noun}` takes a word as it is, `{Noun}` with a first
    capital, `{NOUN}` in capitals.
    """

    name: str
    share: float
    isrc: str
    genres: Mapping[str, float]
    words: Mapping[str, tuple[str, ...]]
    artists: tuple[str, ...]
    titles: tuple[str, ...]
    albums: tuple[str, ...]
    joins: tuple[tuple[str, str], ...] = ()
    """What the language does where two words meet, as regular expression and replacement: `le hiver` is `l'hiver`."""


def _words(**lists: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(word.strip() for word in words.split(",")) for name, words in lists.items()}


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(pattern.strip() for pattern in text.split("|"))


ANGLO = Scene(
    name="anglo",
    share=0.36,
    isrc="US",
    genres={
        "pop": 5,
        "rock": 3,
        "indie": 3,
        "hip hop": 3,
        "r&b": 2,
        "country": 2,
        "folk": 1.5,
        "soul": 1,
        "metal": 1,
        "jazz": 1,
    },
    words=_words(
        first="Ada, Amos, Arlo, Astrid, Beau, Bonnie, Calder, Callum, Cassidy, Clementine, Cole, Cora, Dara, "
        "Delia, Desmond, Eliza, Ellis, Emmett, Esme, Ezra, Fern, Finn, Flora, Freya, Gideon, Greta, Hank, "
        "Harlan, Hattie, Hazel, Imogen, Iris, Ivy, Jonah, Josie, Juniper, Keziah, Lennox, Levi, Lottie, "
        "Mabel, Maeve, Marlowe, Micah, Nell, Nico, Odette, Opal, Otis, Pearl, Percy, Phoebe, Quinn, Reuben, "
        "Roscoe, Rowan, Sadie, Silas, Tamsin, Tess, Theo, Tobias, Una, Verity, Wade, Willa, Winona, Wren, "
        "Zadie",
        last="Abernathy, Ashdown, Bellweather, Birch, Blackwood, Boone, Bramley, Calloway, Carraway, Caulfield, "
        "Cordell, Crane, Dalloway, Darrow, Delacroix, Draper, Eastman, Ellery, Fairbanks, Fallow, Fenwick, "
        "Garland, Gentry, Greenaway, Hallow, Harding, Hartwell, Hawthorne, Holloway, Inglewood, Kestrel, "
        "Kincaid, Lark, Lovelace, Lockhart, Maddox, Marchetti, Mercer, Merriweather, Monroe, Nightingale, "
        "Oakes, Osborn, Pemberton, Prescott, Quill, Ravenel, Redfern, Rooke, Sable, Sinclair, Sparrow, "
        "Stoddard, Tallis, Thackeray, Thorne, Underhill, Vance, Voss, Wakefield, Waverly, Whitlock, Winslow, "
        "Wolcott, Yarrow",
        adj="amber, bitter, blue, borrowed, broken, burning, careless, cheap, copper, crooked, distant, "
        "electric, empty, faded, feral, foolish, fragile, gentle, golden, half-lit, hollow, honest, idle, "
        "last, lonesome, lucid, midnight, neon, northern, paper, patient, perfect, quiet, restless, rusted, "
        "scarlet, second-hand, silver, slow, soft, southern, stolen, strange, sudden, tender, velvet, "
        "violet, wild, wooden, yellow",
        noun="alibi, anthem, arrow, ballroom, boulevard, brother, cathedral, chandelier, cinema, coastline, "
        "comet, compass, daydream, diamond, disaster, engine, ember, fever, firework, garden, ghost, "
        "gravity, harbour, heartbeat, highway, horizon, hurricane, kingdom, lantern, letter, lighthouse, "
        "machine, magnolia, mirror, motel, mountain, ocean, orchard, paradise, parade, passenger, piano, "
        "postcard, promise, radio, river, satellite, secret, shadow, signal, skyline, stranger, summer, "
        "sunday, telephone, thunder, tiger, valentine, weather, window, winter",
        plural="Antlers, Avenues, Blackbirds, Cartographers, Coyotes, Daydreamers, Engines, Fables, Foxgloves, "
        "Foundlings, Ghostwriters, Harbours, Hounds, Islands, Lanterns, Larks, Locksmiths, Magpies, "
        "Matinees, Moths, Orchards, Owls, Pilots, Porches, Postcards, Railways, Ravens, Satellites, Saints, "
        "Sirens, Sleepers, Sparrows, Static, Strays, Telegrams, Thieves, Tides, Understudies, Vandals, "
        "Weathermen, Wolves, Wrens",
        place="Alabama, Amsterdam, Aberdeen, Brooklyn, Carolina, Coney Island, Dakota, Denver, Detroit, Dublin, "
        "El Paso, Galveston, Glasgow, Honolulu, Idaho, Juneau, Kentucky, Lisbon, Memphis, Montana, "
        "Nashville, Nebraska, Ohio, Reno, Saint Paul, Santa Fe, Savannah, Sheffield, Tennessee, Tucson, "
        "Vermont, Wyoming",
        verb="believe, breathe, bury, carry, chase, crash, dance, disappear, drive, fall, fight, float, follow, "
        "forget, hide, kneel, leave, lie, listen, pray, remember, run, shake, shine, sing, sleep, stay, "
        "surrender, wait, wake, wander, whisper, wonder",
        rap="Ace, Ashes, Blaq, Bishop, Cash, Cairo, Cinco, Deuce, Dime, Ghost, Halo, Indigo, Jinx, Kash, Khalil, "
        "Kilo, Legend, Linx, Marz, Mynt, Nova, Onyx, Prophet, Quest, Rico, Rook, Saint, Slate, Smoke, "
        "Tycoon, Verse, Vito, Zeno",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|{first} {last}|{first} {last}|The {plural}|The {Adj} {plural}|"
        "{Adj} {Noun}|{Noun} {plural}|{first} & the {plural}|{first} {last} Band|Lil {rap}|Young {rap}|"
        "{rap} {last}|{first} {rap}|{place} {plural}|{adj} {noun}|{last} & {last}|{first} {Noun}|"
        "Big {rap} {first}|King {rap} {last}|{first} {first}"
    ),
    titles=_patterns(
        "{Adj} {Noun}|{Noun}|{Verb}|{Verb} With Me|{Noun} in {place}|{place}|Before We {Verb}|Don't {Verb}|"
        "{Adj} & {Adj}|Back to {place}|Every {Noun}|How to {Verb}|I Never Meant to {Verb}|"
        "If You {Verb}, I {Verb}|{Noun} Without a {Noun}|Like a {Noun}|My {Adj} {Noun}|No More {Noun}|"
        "{Noun} Song|Nobody's {Noun}|Not Your {Noun}|{first}|Dear {first}|{first}'s {Noun}|"
        "Only {Verb} at Night|Somebody's {Noun}|Teach Me to {Verb}|The {Noun} & the {Noun}|The {Adj} One|"
        "The {Noun} Knows|This {Noun}|Too {Adj} to {Verb}|Two {Noun} Town|We {Verb}|When the {Noun} Comes|"
        "Your {Noun}|{adj} {noun}|{noun} ii|Hey, {first}|All My {Adj} Friends|{Verb} / {Verb}|3 A.M. {Noun}|"
        "Let the {Noun} {Verb}"
    ),
    albums=_patterns(
        "{Adj} {Noun}|The {Adj} {Noun}|{Noun} Season|Songs for {place}|Letters to {first}|{place} Sessions|"
        "How We {Verb}|{Noun} & {Noun}|A {Noun} of One's Own|{Adj} Hours|{Noun}|Notes on a {Noun}|{plural}|{first}|"
        "Learning to {Verb}|{noun} / {noun}|Live from {place}|The {Noun} EP"
    ),
    joins=((r"\b([Aa]) (?=[AEIOUaeiou])", r"\1n "),),
)

LATIN = Scene(
    name="latin",
    share=0.2,
    isrc="ES",
    genres={
        "reggaeton": 5,
        "latin pop": 4,
        "flamenco": 1.5,
        "regional mexicano": 3,
        "cumbia": 2,
        "salsa": 1.5,
        "bachata": 1.5,
        "rock en español": 1.5,
    },
    words=_words(
        first="Abril, Adrián, Alba, Amaia, Andrés, Araceli, Aurelio, Benicio, Camila, Candela, Catalina, Ciro, "
        "Dalia, Damián, Elías, Emiliano, Estrella, Facundo, Fermín, Gael, Guadalupe, Hernán, Iker, Inés, "
        "Itziar, Joaquín, Julieta, Leire, Leonel, Lucía, Macarena, Martina, Matías, Maite, Nahuel, Noelia, "
        "Octavio, Paloma, Ramiro, Renata, Rocío, Salma, Santino, Tadeo, Triana, Valentín, Ximena, Yerai",
        last="Acosta, Alarcón, Altamirano, Arango, Arriaga, Ballesteros, Bermúdez, Bustamante, Caballero, "
        "Cárdenas, Cisneros, Del Río, Echeverría, Escalante, Figueroa, Galarza, Heredia, Ibarra, Jurado, "
        "Lozano, Luján, Maldonado, Medrano, Montiel, Navarrete, Ochoa, Ordóñez, Palacios, Peñalver, "
        "Quintero, Requena, Robledo, Salcedo, Sandoval, Toledano, Uribe, Valdivia, Villalba, Yáñez, Zambrano",
        alias="Alma, Bandido, Bandolera, Brujo, Canela, Chispa, Cometa, Duende, Fuego, Gitana, Jade, Lobo, Luz, "
        "Marea, Mareo, Nena, Niebla, Noche, Perla, Pólvora, Rayo, Reina, Rumba, Sombra, Tango, Trueno, "
        "Vento, Zafiro",
        plural="los Faroles, los Náufragos, las Orquídeas, los Cometas, los Herederos, los Forasteros, las Mareas, "
        "los Solares, los Truenos, las Brujas, los Domingueros, los Vagabundos, las Golondrinas, "
        "los Invisibles, los Charros, los Alacranes",
        f="luna, noche, carta, ciudad, calle, guitarra, herida, mentira, canción, lluvia, playa, promesa, "
        "puerta, sangre, sombra, tormenta, flor, locura, madrugada, mirada, distancia, frontera, primavera, "
        "estrella, cicatriz, orilla, maleta",
        fa="perdida, rota, ajena, prohibida, eterna, vacía, bonita, dormida, salvaje, olvidada, infinita, "
        "sincera, blanca, fría, encendida, mojada, maldita, lejana",
        m="corazón, verano, beso, camino, cielo, fuego, mar, secreto, silencio, sueño, tren, vestido, veneno, "
        "adiós, amanecer, balcón, destino, espejo, invierno, juego, milagro, perfume, recuerdo, ritmo, "
        "tequila, viento",
        ma="perdido, roto, ajeno, prohibido, eterno, vacío, bonito, dormido, salvaje, olvidado, infinito, "
        "sincero, blanco, frío, encendido, maldito, lejano, moreno",
        place="Acapulco, Almería, Barranquilla, Bogotá, Cádiz, Cartagena, Córdoba, Granada, Guayaquil, Jalisco, "
        "La Habana, Lima, Managua, Medellín, Mérida, Mendoza, Monterrey, Montevideo, Oaxaca, Ponce, Rosario, "
        "Sevilla, Triana, Valparaíso, Veracruz",
        verb="bailar, besarte, buscarte, callar, esperar, llorar, olvidarte, perder, quedarme, quererte, "
        "recordar, soñar, sobrevivir, volar, volver, perdonarte, cantar, mentirte",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|{first} {last}|{first} del {M}|{Alias}|{first} {Alias}|{Alias} {last}|"
        "{Plural}|{Plural} de {place}|Banda {Alias} de {place}|{Alias} de {place}|Grupo {Alias} {place}|"
        "MC {Alias} {last}|{first} y {plural}|{Alias} MX {first}|Conjunto {last}|Orquesta {last}|"
        "Niño de {place}|{Alias} & {Alias}"
    ),
    titles=_patterns(
        "{F} {fa}|{M} {ma}|La {f}|El {m}|{F} de {m}|{M} de {f}|La {f} de {place}|El {m} de {place}|{Verb}|"
        "No quiero {verb}|Sin {verb}|Quiero {verb}|{F} sin {m}|{M} sin {f}|Una {f} {fa}|Un {m} {ma}|"
        "Mi {m} {ma}|Tu {f}|Tu {m}|Vuelve a {verb}|Para {verb}|Hasta {verb}|{place}|Nos vemos en {place}|"
        "{first}|Ay, {first}|Si te vas de {place}|Otra {f}|Ni {m} ni {f}|{F} y {m}|Cuando cae la {f}|"
        "Dime {m}|A {verb}|Entre la {f} y el {m}|Te regalo mi {m}|Todo el {m}|{first} y el {m}|"
        "Antes de {verb}|Nadie va a {verb}|Bajo la {f}"
    ),
    albums=_patterns(
        "{F} {fa}|{M} {ma}|La {f} y el {m}|{F} y {m}|Canciones para {verb}|{place}|De {place} a {place}|"
        "El {m} que fui|{M}|{F}|Manual para {verb}|Historias de {place}|En vivo desde {place}|"
        "Antes de la {f}|{Alias}|Crónica de una {f}"
    ),
    joins=((r" y (?=[IiÍí])", " e "),),
)

BRAZIL = Scene(
    name="brazil",
    share=0.08,
    isrc="BR",
    genres={"sertanejo": 4, "funk carioca": 3, "mpb": 2, "samba": 2, "pagode": 2, "bossa nova": 1, "forró": 1},
    words=_words(
        first="Aline, Amélia, Antônio, Bento, Bianca, Caetana, Cauã, Cecília, Clarice, Davi, Dandara, Enzo, "
        "Fabiana, Flávio, Heitor, Iara, Ícaro, Janaína, João, Jussara, Lívia, Luana, Marcelo, Murilo, Nara, "
        "Otávio, Raíssa, Renato, Rui, Sabrina, Tainá, Thiago, Ubiratã, Vinícius, Yasmin",
        last="Albuquerque, Amaral, Andrade, Assunção, Barreto, Bittencourt, Brandão, Cavalcanti, Coutinho, "
        "Drummond, Falcão, Fontes, Guimarães, Lacerda, Lisboa, Magalhães, Moraes, Nogueira, Peixoto, "
        "Queiroz, Ramalho, Sampaio, Seixas, Tavares, Valença, Vasconcelos, Xavier",
        f="saudade, lua, praia, noite, cidade, chuva, estrela, janela, morena, rua, canção, varanda, manhã, "
        "carta, esquina, tempestade, paixão, rede, bagunça, viola",
        fa="perdida, bonita, antiga, sem fim, de verão, escondida, dourada, vazia, sincera, do interior, da Bahia, acesa",
        m="coração, mar, samba, amor, segredo, sorriso, barco, carnaval, céu, sertão, caminho, sol, vento, "
        "violão, desejo, domingo, abraço, beijo, adeus, jardim",
        ma="perdido, bonito, antigo, sem fim, de verão, escondido, dourado, vazio, sincero, do interior, do Recife, aceso",
        place="Bahia, Belém, Copacabana, Curitiba, Floripa, Fortaleza, Goiânia, Ipanema, Lapa, Manaus, Minas, "
        "Niterói, Olinda, Ouro Preto, Paraty, Recife, Salvador, Santos",
        verb="amar, cantar, dançar, esquecer, ficar, lembrar, partir, sambar, sonhar, te esperar, te querer, viver, voltar",
        alias="Brisa, Capoeira, Coral, Gaivota, Maré, Neblina, Pérola, Pimenta, Ritmo, Sereno, Tempero, Tropical, Vaga-Lume, Zabumba",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|{first} {last}|{first} & {first}|MC {first} {Alias}|"
        "{Alias} de {place}|Grupo {Alias} {last}|Banda {Alias} {place}|{first} da {place}|{last} {Alias}|"
        "Os {last} de {place}|DJ {first} {last}|{first} {Alias}"
    ),
    titles=_patterns(
        "{F} {fa}|{M} {ma}|A {f}|O {m}|{F} de {place}|{M} em {place}|{F} e {m}|Quero {verb}|Não vou {verb}|"
        "Só pra {verb}|Meu {m}|Minha {f}|{Verb}|Até {verb}|{F} sem {m}|{first}|Ô, {first}|Volta pra {place}|"
        "Um {m} só|Tanta {f}|Quem sabe {verb}|Deixa {verb}|Outro {m}|Aquela {f}|{M} na {f}|Vem {verb}"
    ),
    albums=_patterns(
        "{F} {fa}|{M} {ma}|{place}|{F} e {m}|Ao vivo em {place}|Pra {verb}|{M}|{F}|{Alias}|De {place} pro mundo|O {m} e a {f}"
    ),
)

FRANCE = Scene(
    name="france",
    share=0.07,
    isrc="FR",
    genres={"rap français": 4, "chanson": 3, "pop française": 3, "électro": 1},
    words=_words(
        first="Agathe, Anaïs, Anatole, Aurélien, Bastien, Capucine, Céleste, Clémence, Désiré, Eléonore, Éloïse, "
        "Étienne, Félix, Gaspard, Hélène, Inès, Joséphine, Léonie, Loïc, Lucien, Maëlle, Margaux, Mathurin, "
        "Noémie, Octave, Ondine, Rémi, Solène, Théodore, Violette, Yanis, Zélie",
        last="Aubert, Beaumont, Bellanger, Castel, Chastain, Coste, Delorme, Duvallier, Fauvel, Garnier, Jolivet, "
        "Lacroix, Lamarque, Lefort, Marchand, Mercadier, Montclar, Perrault, Quentin, Rivoire, Rochefort, "
        "Saint-Clair, Soulier, Tessier, Vaillant, Valmont",
        f="nuit, lune, pluie, ville, rivière, fenêtre, valse, lettre, lumière, rue, fleur, plage, fièvre, mémoire, tempête, saison",
        fa="blanche, perdue, étrange, fragile, immense, sauvage, tranquille, d'avant, sans fin, d'hiver, secrète",
        m="jardin, soleil, silence, cœur, train, miroir, orage, ciel, rêve, hiver, chagrin, vertige, dimanche, parfum, naufrage, bal",
        ma="blanc, perdu, étrange, fragile, immense, sauvage, tranquille, d'avant, sans fin, d'hiver, secret",
        place="Belleville, Biarritz, Brest, Calais, Dakar, Étretat, Grenoble, Lille, Marseille, Montréal, Nantes, "
        "Nice, Oran, Rouen, Saint-Malo, Toulouse",
        verb="aimer, attendre, danser, dormir, mentir, oublier, partir, pleurer, rester, revenir, rêver, tomber",
        alias="Azur, Brume, Carbone, Corail, Écho, Fauve, Givre, Kaïs, Lynx, Minuit, Mistral, Nacre, Nuage, Orage, Pastel, Rafale, Zéphyr",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|{first} {last}|{Alias} {place}|{first} {Alias}|Les {last}|"
        "{Alias} & {Alias}|{F} {fa}|{M} {ma}|{Alias} {last}|La {f} {fa}|{first} et les {Alias}"
    ),
    titles=_patterns(
        "{F} {fa}|{M} {ma}|La {f} de {place}|Le {m} de {place}|{Verb}|{Verb} encore|Sans {verb}|{F} et {m}|"
        "Ma {f}|Mon {m}|Ta {f}|Un {m} à {place}|Une {f} {fa}|Loin de {place}|{first}|Pardon, {first}|"
        "On va {verb}|Je voulais {verb}|Ni {m} ni {f}|À {place}|Sous la {f}|Encore un {m}|{M} à deux|"
        "Après la {f}"
    ),
    albums=_patterns(
        "{F} {fa}|{M} {ma}|{place}|{F} & {m}|L'art de {verb}|{M}|{F}|Retour à {place}|{Alias}|Avant de {verb}|Chansons de {place}"
    ),
    joins=((r"\b([LlDd])[ea] (?=[AEIOUHÉÈÊaeiouhéèê])", r"\1'"),),
)

ITALY = Scene(
    name="italy",
    share=0.04,
    isrc="IT",
    genres={"pop italiano": 3, "cantautori": 2, "trap italiana": 2},
    words=_words(
        first="Agnese, Alessio, Bianca, Brando, Carlotta, Cosimo, Diletta, Elio, Fiamma, Flavia, Ginevra, Ilaria, "
        "Jacopo, Lapo, Leandro, Livia, Mattia, Nicolò, Ottavia, Pietro, Rachele, Saverio, Tullio, Viola",
        last="Altieri, Baldini, Barbieri, Belfiore, Casadei, Castellani, Colonna, D'Amico, Ferrante, Fontana, "
        "Galli, Lombardi, Marini, Montanari, Orsini, Pellegrini, Rinaldi, Salvatori, Santoro, Serafini, "
        "Valenti, Vitale",
        f="notte, luna, città, estate, strada, canzone, pioggia, finestra, stella, follia, sera, bugia",
        m="mare, cuore, cielo, sogno, silenzio, vento, bacio, segreto, inverno, tramonto, giorno, fuoco",
        place="Amalfi, Bari, Bologna, Capri, Catania, Genova, Lecce, Matera, Napoli, Palermo, Rimini, Siena, Torino, Trieste, Verona",
        verb="amare, ballare, cadere, cantare, dimenticare, partire, restare, ritornare, sognare, volare",
        alias="Aurora, Bufera, Cenere, Cobalto, Cometa, Eco, Lampo, Levante, Marea, Nebbia, Onda, Scirocco, Smeraldo, Vetro",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|{first} {last}|{Alias} {last}|{first} {Alias}|I {last}|"
        "Le {Alias} di {place}|{Alias} {place}|{F} {Alias}"
    ),
    titles=_patterns(
        "{F} di {place}|{M} di {place}|Una {f} a {place}|Un {m} a {place}|{Verb}|Senza {verb}|Voglio {verb}|"
        "Ancora {verb}|{F} e {m}|La mia {f}|Il tuo {m}|{first}|Ciao {first}|Ogni {f}|Ogni {m}|"
        "Prima di {verb}|Solo {m}|{F} senza {m}|Quel {m}"
    ),
    albums=_patterns("{F} e {m}|{place}|Prima di {verb}|{M}|{F}|{Alias}|Lettere da {place}|Canzoni per {verb}|La {f} di {place}"),
    joins=((r"\b([Ll]|[Uu]n)a (?=[aeiou])", r"\1'"),),
)

NORTH = Scene(
    name="north",
    share=0.06,
    isrc="DE",
    genres={"deutschpop": 3, "deutschrap": 3, "techno": 2, "nordic pop": 2, "metal": 1},
    words=_words(
        first="Anneke, Antje, Arvid, Björn, Britta, Clara, Elin, Emil, Ebba, Frieda, Greta, Hannes, Henrik, Ida, "
        "Ingrid, Jannik, Jonas, Juna, Kasper, Lasse, Leonie, Lotta, Maja, Malte, Mika, Nils, Oskar, Pelle, "
        "Ronja, Sigrid, Sören, Svea, Tilda, Ylva",
        last="Ahlberg, Baumgarten, Bergström, Brandt, Dahlgren, Eklund, Falk, Feldmann, Grünwald, Hagelund, "
        "Hofmann, Holm, Kaltenbach, Krüger, Lindqvist, Lorenz, Moberg, Nordin, Rosenthal, Schönberg, Sjödin, "
        "Steinfeld, Strand, Thalberg, Vogel, Winther, Östberg",
        noun="Nebel, Himmel, Regen, Winter, Sommer, Mond, Funken, Stille, Sturm, Heimweh, Glas, Licht, Morgen, "
        "Asche, Kompass, Neonlicht, Schnee, Wellen, Schatten, Zucker, Benzin, Honig",
        adv="allein, für immer, nach Mitternacht, im Regen, ohne dich, bis zum Morgen, am Meer, auf Zeit, im Kopf, ohne Ende",
        place="Aarhus, Bergen, Berlin, Bremen, Göteborg, Hamburg, Helsinki, Kiel, Köln, Leipzig, Malmö, München, "
        "Oslo, Rostock, Stockholm, Tromsø, Turku, Wien",
        verb="atmen, bleiben, fallen, fliegen, gehen, leuchten, schweigen, tanzen, träumen, vergessen, warten",
        alias="Anker, Blitz, Echo, Fjord, Frost, Kante, Kobalt, Laut, Nord, Puls, Rausch, Sølv, Tundra, Ufer, Vakuum, Zenit",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|{first} {last}|{Alias} {place}|{Alias} & {Alias}|{first} {Alias}|"
        "{noun} {Alias}|{Alias}{alias}|{last} Trio|{noun} in {place}"
    ),
    titles=_patterns(
        "{noun}|{noun} {adv}|{noun} in {place}|{noun} und {noun}|{noun} über {place}|Wir {verb}|Nicht {verb}|"
        "Lass uns {verb}|{place} {adv}|Weiter {verb}|{first}|{first} {adv}|Mehr {noun}|Nur {noun}|"
        "Kein {noun} {adv}|Nie wieder {verb}|Letzter Zug nach {place}|Alles {noun}|{Verb} {adv}"
    ),
    albums=_patterns("{noun}|{noun} & {noun}|{place}|{noun} {adv}|{Alias}|Briefe aus {place}|Zeit zu {verb}|{place} bei Nacht"),
)

JAPAN = Scene(
    name="japan",
    share=0.05,
    isrc="JP",
    genres={"j-pop": 4, "city pop": 2, "j-rock": 2, "anime": 1.5},
    words=_words(
        first="Aoi, Asuka, Ayame, Chihiro, Daichi, Emi, Fuyuki, Haruka, Hinata, Hotaru, Itsuki, Kaede, Kazuha, "
        "Kenta, Kohaku, Mahiro, Makoto, Mio, Nagisa, Natsuki, Ren, Rina, Ritsu, Sakuya, Shiori, Sora, "
        "Takumi, Tsubasa, Yui, Yuzuki",
        last="Aizawa, Amamiya, Asakura, Fujisaki, Hanamura, Hayase, Hoshino, Ichinose, Kanzaki, Kirishima, "
        "Kisaragi, Kurose, Minamoto, Mizuhara, Nanase, Natsume, Onodera, Sakuraba, Shinozaki, Shirogane, "
        "Tachibana, Tokiwa, Tsukimori, Yukimura",
        noun="hanabi, hoshi, kaze, tsuki, sakura, yoru, asa, umi, sora, ame, yuki, yume, kotoba, namida, kokoro, "
        "hikari, kage, eki, tegami, niji, natsu, fuyu, mahou, uta",
        no="Ashita, Kimi, Boku, Natsu, Mayonaka, Haru, Kinou, Tokyo, Ame, Sayonara, Futari, Hajimete, Nijuuji, Hitori, Umibe",
        en="Melody, Loop, Signal, Drive, Diary, Memory, Rendezvous, Parade, Line, Moon, Highway, Telephone, Blue, Film, Syndrome",
        place="Shibuya, Kyoto, Yokohama, Sapporo, Nagoya, Kamakura, Kobe, Fukuoka, Shimokita, Okinawa, Osaka",
        alias="Kitsune, Yoake, Ramune, Suika, Mikazuki, Kurage, Hotaru, Tsubame, Komorebi, Shinkai, Amagumo, Tanpopo, Karasu",
    ),
    artists=_patterns(
        "{last} {first}|{first} {last}|{first} {last}|{Alias} {en}|{Noun} to {noun}|{alias} {noun}|"
        "{first} {Alias}|{en} {place}|{Alias} no {Noun}"
    ),
    titles=_patterns(
        "{no} no {noun}|{no} no {noun}|{Noun}|{Noun} to {noun}|{Noun} {en}|{en} in {place}|{place} {en}|"
        "Midnight {en}|{no}|{Noun} ga kikoeru|{no} mo {noun}|Sayonara, {noun}|{Noun} made|{en} {en}|"
        "{Noun} no mukou|{no}, {noun}|{place} no {noun}"
    ),
    albums=_patterns("{no} no {noun}|{Noun} {en}|{place} {en}|{en}|{Noun}|{Noun} to {noun}|{en} & {en}"),
)

KOREA = Scene(
    name="korea",
    share=0.05,
    isrc="KR",
    genres={"k-pop": 5, "k-indie": 2, "k-r&b": 1.5, "k-ballad": 1.5},
    words=_words(
        first="Ara, Byeol, Chaewon, Dahye, Dohyun, Eunseo, Gaeul, Haneul, Haram, Hyunseo, Iseul, Jiho, Jisoo, "
        "Junseo, Kyungmin, Minseo, Nabi, Nari, Seojun, Seungwoo, Siwoo, Sohee, Taeyul, Woojin, Yerin, "
        "Yoonah, Yubin",
        last="Baek, Cha, Do, Eun, Gong, Ha, Hwang, Jang, Ki, Ma, Min, Moon, Nam, Ok, Ryu, Seol, Shim, Sung, Tak, Woo, Yoon",
        group="AURA, BLOOM, CIPHER, CRUSH, DELTA, ECLIPSE, ETUDE, FABLE, HALO, HEX, IRIS, LUMI, LYRA, MUSE, "
        "NEBULA, NOVA, ORBIT, PRISM, QUARTZ, RIOT, SIREN, STELLA, VELVET, VERTEX, WAVE, XENO, ZENITH, ZEST",
        noun="bam, baram, bom, byeol, dal, gaeul, gieok, haru, kkum, maeum, namu, nun, nunmul, noeul, pado, sarang, sigan, yeoreum",
        en="Sugar, Crush, Cherry, Secret, Rewind, Gravity, Paradise, Hologram, Butterfly, Sparkle, Teaser, "
        "Runway, Midnight, Polaroid, Fever, Lemonade, Mirage, Wonder, Knock, Signal",
        place="Seoul, Busan, Hongdae, Jeju, Gangneung, Itaewon, Incheon, Daegu",
        suffix="7, 5, IX, XO, One, Zero, +, 4U, Boyz, Girls, .zip, 88, 21",
    ),
    artists=_patterns(
        "{group}{suffix}|{group} {suffix}|{group} {group}|{first} {last}|{last} {first}|{first}|{first} {noun}|"
        "{group} {first}|The {Noun} Club|{Noun} {place}"
    ),
    titles=_patterns(
        "{en}|{en} {en}|{Noun} ({en})|{Noun} ({en})|{Noun}|{Noun}, {noun}|{place} {en}|{en} in {place}|"
        "My {en}|Not Your {en}|{EN}!|{en} Like {en}|Oneul {noun}|Neoui {noun}|Uriui {noun}|{Noun} dance|{EN}"
    ),
    albums=_patterns("The 1st {en}|{EN}|{en} & {en}|{en}: {Noun}|{Noun}|{place} {en}|Chapter {suffix}: {en}|{en}"),
)

AFRO = Scene(
    name="afro",
    share=0.04,
    isrc="NG",
    genres={"afrobeats": 4, "amapiano": 2, "highlife": 1},
    words=_words(
        first="Abeni, Adaora, Ayo, Bisi, Chidi, Chioma, Dayo, Efua, Ekow, Femi, Folake, Ifeoma, Jide, Kojo, Kwesi, "
        "Lebo, Lindiwe, Mandla, Nandi, Nneka, Obinna, Sizwe, Temi, Thabo, Tunde, Yaw, Zanele",
        last="Abiola, Acheampong, Adeyemi, Agyeman, Balogun, Boateng, Dlamini, Eze, Falade, Khumalo, Mbatha, "
        "Mensah, Ndlovu, Nwosu, Obi, Ofori, Okafor, Oladipo, Owusu, Sarpong, Zulu",
        alias="Blaze, Chale, Chief, Gold, Jollof, King, Lagos Boy, Lion, Magic, Maestro, Oba, Simba, Star, Sunshine, Wave",
        noun="body, vibe, fever, sunshine, pepper, rhythm, blessing, sugar, waist, money, party, melody, moonlight, sweetheart, glory",
        place="Accra, Abuja, Durban, Ibadan, Joburg, Kumasi, Lagos, Lekki, Nairobi, Soweto, Surulere",
        word="Ayo, Duro, Ife, Jowo, Lowkey, Ma Lo, Odo, Olowo, Omo, Sha, Shayo, Soro, Wahala, Wetin, Yebo, Zuri, Asa, Oya",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|{first} {alias}|{Alias} {first}|DJ {first} {place}|{first} of {place}|"
        "{last} Brothers|{word} {alias}|The {place} {Alias}s"
    ),
    titles=_patterns(
        "{word}|{word} {word}|{Noun}|{word} ({Noun})|{place} {Noun}|{Noun} in {place}|My {Noun}|No {Noun}|"
        "{first}|{word} {first}|Sweet {Noun}|{Noun} & {Noun}|Dance, {first}|From {place} With {Noun}"
    ),
    albums=_patterns("{place} {Noun}|{Noun} & {Noun}|{word}|From {place}|{Noun} Season|{word} {word}|Made in {place}"),
)

ELECTRO = Scene(
    name="electro",
    share=0.05,
    isrc="NL",
    genres={"house": 3, "techno": 2, "trance": 1.5, "drum & bass": 1.5, "edm": 3, "ambient": 1, "lo-fi": 1.5},
    words=_words(
        first="Aiden, Anton, Cas, Daan, Dimitri, Elena, Fedde, Ilse, Jasper, Joris, Kira, Lars, Levan, Mads, "
        "Nadia, Noor, Pavel, Ravi, Sanne, Stijn, Tomas, Vera, Yuri",
        last="Akkerman, Bakker, Castellan, Drost, Evers, Hoekstra, Kovac, Lindeman, Marek, Novak, Orlov, Petrov, "
        "Rademaker, Sokol, Tesla, Van Aken, Van der Zee, Vermeer, Zeman",
        alias="Analog, Arctic, Bassline, Chroma, Circuit, Cobalt, Delta, Drift, Flux, Glitch, Helix, Hyper, "
        "Kinetic, Laser, Lunar, Modular, Neon, Nocturne, Octave, Parallax, Phase, Polar, Prisma, Pulse, "
        "Quantum, Rave, Sonar, Strobe, Tessera, Vapor, Vector, Vortex",
        noun="aurora, avalanche, cascade, contact, echoes, eclipse, euphoria, freefall, gravity, horizon, "
        "infinity, levitate, lights, mirage, momentum, motion, oxygen, particles, reflections, ritual, "
        "skyline, solstice, spectrum, static, sunrise, surface, tides, transit, ultraviolet",
        adj="acid, astral, deep, digital, electric, endless, fluid, hidden, infinite, liquid, lost, lucid, "
        "magnetic, rising, second, silent, slow, solar, sub-zero, weightless",
        place="Amsterdam, Antwerp, Berlin, Black Rock, Goa, Ibiza, Mykonos, Reykjavík, Rotterdam, Tulum, Utrecht, Warehouse 9",
    ),
    artists=_patterns(
        "{first} {last}|{first} {last}|DJ {last}|DJ {first} {alias}|{alias} {noun}|{Alias} & {last}|"
        "{alias} {alias}|{ALIAS} {noun}|{Adj} {Alias}|{alias} Kids|{first} {alias}|{last} b2b {last}"
    ),
    titles=_patterns(
        "{Noun}|{Adj} {Noun}|{Noun} in {place}|{place}|Into the {Noun}|{Noun} 2 {Noun}|{Adj}|{alias} {Noun}|"
        "{Noun} (feel it)|{Adj} {Alias}|Over {place}|We Are {Noun}|{noun} / {noun}|Find the {Noun}|Beyond {Noun}|"
        "{Noun} at Dawn"
    ),
    albums=_patterns("{Adj} {Noun}|{Noun}|{alias} EP|{place} Nights|{Noun} & {Noun}|{Adj} {Alias}|{alias} Works, Vol. 1|Live at {place}"),
)

SCENES = (ANGLO, LATIN, BRAZIL, FRANCE, ITALY, NORTH, JAPAN, KOREA, AFRO, ELECTRO)

# What a version in brackets says, with weights; {place} and {year} as in a scene, {remixer} an electronic artist.
VERSIONS = {
    "Remastered {year}": 5,
    "Live": 4,
    "Live in {place}": 3,
    "Acoustic": 5,
    "{remixer} Remix": 6,
    "Radio Edit": 3,
    "Extended Mix": 2,
    "Demo": 1.5,
    "Instrumental": 1,
    "Sped Up": 1,
}


class Artist(NamedTuple):
    """An artist of the pool; *registrant* is the ISRC part of whoever publishes the songs."""

    name: str
    scene: Scene
    genre: str
    popularity: float
    registrant: str


def generate_songs(count: int = 20_000, seed: int = 360) -> Songs:
    """Make up *count* songs; the same count and seed give the same catalogue on every machine.

    Raises:
        ValueError: *count* is below 1.
    """
    if count < 1:
        raise ValueError(f"{count} songs were asked for: a catalogue has at least 1")
    rng = random.Random(seed)
    pool = _artists(max(10, -(-count // SONGS_AN_ARTIST)), rng)
    return Songs(_songs(count, pool, rng))


def _artists(count: int, rng: random.Random) -> list[Artist]:
    """The pool in no order; popularity falls with the rank as in Zipf's law, from WEIGHT_MOST."""
    taken: set[str] = set()
    ranks = list(range(1, count + 1))
    rng.shuffle(ranks)
    scenes = rng.choices(SCENES, [scene.share for scene in SCENES], k=count)
    artists = []
    for rank, scene in zip(ranks, scenes, strict=True):
        name = _new(scene, scene.artists, rng, taken)
        genre = rng.choices(list(scene.genres), list(scene.genres.values()))[0]
        registrant = "".join(rng.choices("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=3))
        artists.append(Artist(name, scene, genre, WEIGHT_MOST * rank**-0.75, registrant))
    return artists


def _songs(count: int, pool: list[Artist], rng: random.Random) -> Iterator[Song]:
    """The songs, release after release; artists come round again until there are enough."""
    guests = _Guests(pool, rng)
    title_uses: dict[str, int] = {}
    catalogues = [_Discography(artist, guests, title_uses, rng) for artist in pool]
    made = 0
    while True:
        for catalogue in catalogues:
            for credit, title, version, album, weight in catalogue.releases():
                artist = catalogue.artist
                genre = artist.genre if rng.random() < OWN_GENRE_SHARE else rng.choice(list(artist.scene.genres))
                isrc = f"{artist.scene.isrc}{artist.registrant}{rng.randrange(5, 26):02d}{made % 100_000:05d}"
                yield Song(_external_id(rng), isrc, credit, title, version, album, genre, float(weight))
                made += 1
                if made == count:
                    return


class _Guests:
    """Who appears on others' songs: mostly artists of the same scene."""

    def __init__(self, pool: list[Artist], rng: random.Random) -> None:
        self._rng = rng
        self._all = pool
        self._by_scene = {scene.name: [artist for artist in pool if artist.scene is scene] for scene in SCENES}

    def of(self, artist: Artist) -> tuple[str, ...]:
        """The credit of a collaboration of *artist* with one to three others."""
        size = self._rng.choice(COLLABORATION_SIZES)
        credit = {artist.name: None}
        while len(credit) < size:
            near = self._by_scene[artist.scene.name]
            among = near if len(near) > size and self._rng.random() < SAME_SCENE_SHARE else self._all
            credit[self._rng.choice(among).name] = None
        return tuple(credit)

    def remixer(self) -> str:
        return self._rng.choice(self._by_scene["electro"] or self._all).name


class _Discography:
    """One artist's releases so far, so that no title and no album comes twice."""

    def __init__(self, artist: Artist, guests: _Guests, title_uses: dict[str, int], rng: random.Random) -> None:
        self.artist = artist
        self._guests = guests
        self._title_uses = title_uses
        self._rng = rng
        self._titles: dict[str, None] = {}
        self._songs: set[tuple[str, str]] = set()
        self._albums: set[str] = set()
        self._made = 0

    def releases(self) -> Iterator[tuple[tuple[str, ...], str, str, str, int]]:
        """Some albums of 8-14 songs and some singles: credit, title, version, album and weight of each song."""
        rng = self._rng
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            songs = [self._song() for _ in range(rng.randint(8, 14))]
            album = self._album(songs[0][0])
            for title, version in songs:
                yield self._credit(ALBUM_GUESTS_SHARE), title, version, album, self._weight()
        for _ in range(rng.randrange(4)):
            title, version = self._song()
            self._albums.add(title)
            yield self._credit(SINGLE_GUESTS_SHARE), title, version, title, self._weight()

    def _song(self) -> tuple[str, str]:
        version = self._version() if self._rng.random() < VERSION_SHARE else ""
        known = version and self._titles and self._rng.random() < VERSION_OF_OWN_SHARE
        title = self._rng.choice(list(self._titles)) if known else self._title()
        while (title, version) in self._songs:
            title = self._title()
        self._titles[title] = None
        self._songs.add((title, version))
        return title, version

    def _title(self) -> str:
        for tries in range(TITLE_TRIES_MOST):
            title = _fill(self._rng.choice(self.artist.scene.titles), self.artist.scene, self._rng)
            # Real songs share titles too, but not often; after many tries the scene's words are used up.
            uses = self._title_uses.get(title, 0)
            shared = uses < SAME_TITLE_MOST and self._rng.random() < SAME_TITLE_SHARE
            if title not in self._titles and (not uses or shared or tries > TITLE_TRIES_MOST // 2):
                break
        else:
            title = f"{title}, Pt. {len(self._titles) + 1}"
        self._title_uses[title] = self._title_uses.get(title, 0) + 1
        return title

    def _version(self) -> str:
        pattern = self._rng.choices(list(VERSIONS), list(VERSIONS.values()))[0]
        place = self._rng.choice(self.artist.scene.words["place"])
        return pattern.format(year=self._rng.randrange(2003, 2026), place=place, remixer=self._guests.remixer())

    def _album(self, title: str) -> str:
        if self._rng.random() < TITLE_TRACK_SHARE and title not in self._albums:
            self._albums.add(title)
            return title
        return _new(self.artist.scene, self.artist.scene.albums, self._rng, self._albums)

    def _credit(self, share: float) -> tuple[str, ...]:
        return self._guests.of(self.artist) if self._rng.random() < share else (self.artist.name,)

    def _weight(self) -> int:
        self._made += 1
        weight: float = self.artist.popularity * self._made**-0.6 * self._rng.lognormvariate(0, 0.8)
        return max(1, round(weight))


def _new(scene: Scene, patterns: tuple[str, ...], rng: random.Random, taken: set[str]) -> str:
    """A name of one of *patterns* that is not in *taken* in any case, and is from now on."""
    for _ in range(40):
        name = _fill(rng.choice(patterns), scene, rng)
        if name.casefold() not in taken:
            break
    else:
        name = f"{name} {len(taken)}"
    taken.add(name.casefold())
    return name


def _fill(pattern: str, scene: Scene, rng: random.Random) -> str:
    """*pattern* with a word of the named list in each pair of braces, no word twice."""
    parts = pattern.split("{")
    text = parts[0]
    used = set()
    for part in parts[1:]:
        name, after = part.split("}")
        words = scene.words[name.lower()]
        word = rng.choice(words)
        while word in used:
            word = rng.choice(words)
        used.add(word)
        if name.isupper() and len(name) > 1:
            word = word.upper()
        elif name[0].isupper():
            word = word[0].upper() + word[1:]
        text += word + after
    for meeting, joined in scene.joins:
        text = re.sub(meeting, joined, text)
    return text


def _external_id(rng: random.Random) -> str:
    """22 characters of base 62, a random 128-bit number: the shape of the services' own ids."""
    number = rng.getrandbits(128)
    digits = ""
    for _ in range(22):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits
