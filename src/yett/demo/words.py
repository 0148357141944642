"""The words that the sample is made of: names, streets, places, goods, complaints."""

GIVEN_NAMES = {
    "BE": ("Emma", "Noor", "Lucas", "Arthur", "Louise", "Jules", "Elise", "Wout"),
    "ES": ("Lucía", "Martín", "Sofía", "Hugo", "Paula", "Álvaro", "Carmen", "Iñigo"),
    "FR": ("Chloé", "Louis", "Manon", "Gabriel", "Inès", "Théo", "Hélène", "Rémi"),
    "NL": ("Sanne", "Daan", "Lotte", "Bram", "Fleur", "Sem", "Anouk", "Thijs"),
    "PL": ("Zofia", "Jakub", "Hanna", "Antoni", "Maja", "Michał", "Oliwia", "Stanisław"),
    "SE": ("Alva", "Elias", "Märta", "Olle", "Freja", "Nils", "Åsa", "Björn"),
    "US": ("Olivia", "Noah", "Ava", "Liam", "Grace", "Ethan", "Harper", "Mason"),
}

FAMILY_NAMES = {
    "BE": ("Peeters", "Janssens", "Maes", "Jacobs", "Willems", "Claes", "Dubois", "Lambert"),
    "ES": ("García", "Fernández", "Núñez", "Moreno", "Jiménez", "Ruiz", "Ortega", "Vidal"),
    "FR": ("Martin", "Bernard", "Lefèvre", "Moreau", "Garçon", "Rousseau", "Faure", "D'Amico"),
    "NL": ("de Vries", "Jansen", "Bakker", "Visser", "Smit", "Meijer", "Mulder", "van Dijk"),
    "PL": ("Nowak", "Kowalski", "Wiśniewski", "Zieliński", "Woźniak", "Dąbrowski", "Mazur", "Kamiński"),
    "SE": ("Andersson", "Johansson", "Nilsson", "Öberg", "Lindqvist", "Sjöberg", "Ek", "Holm"),
    "US": ("Smith", "Johnson", "O'Brien", "Garcia", "Miller", "Nguyen", "Walker", "Carter"),
}

STREETS = {
    "BE": ("Kerkstraat", "Stationsstraat", "Rue de la Loi", "Molenweg"),
    "ES": ("Calle Mayor", "Avenida de la Constitución", "Calle del Sol", "Paseo de Gracia"),
    "FR": ("rue de la République", "avenue Victor Hugo", "rue des Lilas", "boulevard Voltaire"),
    "NL": ("Dorpsstraat", "Prinsengracht", "Molenlaan", "Kerkweg"),
    "PL": ("ulica Polna", "ulica Leśna", "ulica Słoneczna", "aleja Niepodległości"),
    "SE": ("Storgatan", "Drottninggatan", "Björkvägen", "Skolgatan"),
    "US": ("Main Street", "Oak Avenue", "Maple Drive", "Sunset Boulevard"),
}

CITIES = {
    "BE": (("1000", "Brussel"), ("9000", "Gent"), ("2000", "Antwerpen"), ("4000", "Liège")),
    "ES": (("28013", "Madrid"), ("08002", "Barcelona"), ("46002", "Valencia"), ("41001", "Sevilla")),
    "FR": (("75011", "Paris"), ("69002", "Lyon"), ("31000", "Toulouse"), ("59000", "Lille")),
    "NL": (("1012 AB", "Amsterdam"), ("3511 CE", "Utrecht"), ("6211 KA", "Maastricht"), ("9712 HA", "Groningen")),
    "PL": (("00-001", "Warszawa"), ("30-002", "Kraków"), ("80-803", "Gdańsk"), ("50-043", "Wrocław")),
    "SE": (("111 20", "Stockholm"), ("411 06", "Göteborg"), ("211 22", "Malmö"), ("753 20", "Uppsala")),
    "US": (("94103", "San Francisco"), ("60601", "Chicago"), ("78701", "Austin"), ("98101", "Seattle")),
}

MAIL_HOSTS = ("example.com", "example.net", "example.org", "mail.example", "post.example")

MATERIALS = ("oak", "steel", "linen", "wool", "glass", "cork", "brass", "bamboo", "clay", "leather")
GOODS = ("desk lamp", "notebook", "kettle", "backpack", "chair", "blanket", "vase", "bench", "tray", "clock", "shelf")
COLOURS = ("black", "white", "moss", "rust", "sand", "indigo")

TITLES = ("Support agent", "Warehouse lead", "Engineer", "Accountant", "Buyer", "Designer", "Analyst", "Manager")

SUBJECTS = (
    "Where is my order {order}?",
    "Wrong {good} delivered",
    "Refund for order {order}",
    "Cannot sign in",
    "Change my address",
    "API integration fails",
    "Charged twice",
    "The {good} arrived broken",
)

BODIES = (
    "Hello, order {order} was to arrive last week. You can reach me at {email} or {phone}.",
    "My card {card} was charged twice for order {order}. Please refund one of the two.",
    "Our shop system calls your API with the key {key} and gets 403 since yesterday. Did you block it?",
    "I moved to {street}, {postcode} {city}. Please update my account, {email}.",
    "The {good} is broken. For the insurance: my national id is {national_id}, born {born}.",
    "The page says my password is wrong. It is not. Mail me at {email}, not at the old address.",
    "Please take the money back from the card ending in {last_four}. The {good} went back on Monday.",
    "You asked for a log:\n\n    POST /v1/orders\n    Authorization: Bearer {key}\n    -> 500\n\n{name}",
    "No answer for a week! I paid {amount} for a {good} that nobody sends. {name}, {phone}",
    "Thank you, it works now.",
)
