//! The texts of the APIs that pages show, in German: each by its English pattern. An end of a sentence that starts with the field
//! stays one.

/// The English pattern and the German text, with the same places.
pub(super) static TEXTS: &[(&str, &str)] = &[
    // What is wrong with the form of a field.
    ("is read-only", "kann nicht gesetzt werden"),
    ("is not a field here", "gehört nicht zu diesem Formular"),
    ("is required", "fehlt"),
    ("is not valid", "ist nicht gültig"),
    ("is taken", "ist vergeben"),
    ("is named already", "ist schon genannt"),
    ("must not be empty", "darf nicht leer sein"),
    ("must not be blank", "darf nicht leer sein"),
    ("must be a string", "muss ein Text sein"),
    ("must be a string or null", "muss ein Text sein"),
    ("must be null or a string", "muss ein Text sein"),
    ("must be an integer", "muss eine ganze Zahl sein"),
    ("must be an integer or null", "muss eine ganze Zahl sein"),
    ("must be null or an integer", "muss eine ganze Zahl sein"),
    ("must be a number", "muss eine Zahl sein"),
    ("must be a boolean", "muss ja oder nein sein"),
    ("must be an object", "ist nicht gültig"),
    ("must be an object or null", "ist nicht gültig"),
    ("must be null or an object", "ist nicht gültig"),
    ("must be an array", "muss eine Liste sein"),
    ("must have at least {limit} characters", "muss mindestens {limit} Zeichen haben"),
    ("must have at most {limit} characters once escaped", "darf mit allen Ersetzungen höchstens {limit} Zeichen haben"),
    ("must have at most {limit} characters", "darf höchstens {limit} Zeichen haben"),
    ("must have at most {limit} bytes", "darf höchstens {limit} Bytes haben"),
    ("must have at least {limit} entries", "muss mindestens {limit} Einträge haben"),
    ("must have at most {limit} entries", "darf höchstens {limit} Einträge haben"),
    ("must be at least {limit}", "muss mindestens {limit} sein"),
    ("must be at most {limit}", "darf höchstens {limit} sein"),
    ("must not have duplicates", "darf nichts doppelt enthalten"),
    ("must be one of {values}", "muss einer dieser Werte sein: {values}"),
    ("must match {pattern}", "muss zu {pattern} passen"),
    (
        "has a name that is empty, too long, or not one line of text that can be seen",
        "hat einen Namen, der leer ist, zu lang, oder keine sichtbare Zeile",
    ),
    ("has a name that contains U+0000", "hat einen Namen, der U+0000 enthält"),
    ("must not contain U+0000", "darf U+0000 nicht enthalten"),
    (
        "looks like a secret key, which must not be stored: revoke that key, and send something else",
        "sieht aus wie ein geheimer Schlüssel, der nicht gespeichert werden darf: Widerrufen Sie diesen Schlüssel, und geben Sie etwas anderes ein",
    ),
    ("must be an e-mail address, such as {example}", "muss eine E-Mail-Adresse sein, etwa {example}"),
    (
        "must not contain spaces, quotes, angle brackets, backslashes or invisible characters: escape them, such as {example}",
        "darf keine Leerzeichen, Anführungszeichen, spitzen Klammern, Backslashes oder unsichtbaren Zeichen enthalten: Ersetzen Sie sie, etwa durch {example}",
    ),
    (
        "must have two hexadecimal digits after each percent sign, such as {example}",
        "muss nach jedem Prozentzeichen zwei hexadezimale Ziffern haben, etwa {example}",
    ),
    ("must be an http or https address, such as {example}", "muss eine http- oder https-Adresse sein, etwa {example}"),
    ("must not contain a user name or a password", "darf keinen Benutzernamen und kein Passwort enthalten"),
    ("must be an IANA time zone, such as {example}", "muss eine Zeitzone der IANA sein, etwa {example}"),
    (
        "must be an ISO 4217 code in capitals, such as {example}",
        "muss ein Code nach ISO 4217 in Großbuchstaben sein, etwa {example}",
    ),
    (
        "must be lower-case letters, digits and single hyphens, such as {example}",
        "darf nur Kleinbuchstaben, Ziffern und einzelne Bindestriche enthalten, etwa {example}",
    ),
    (
        "looks like a spreadsheet's number with decimals: send only the phone number, such as {example}",
        "sieht aus wie eine Zahl mit Dezimalstellen aus einer Tabelle: Geben Sie nur die Telefonnummer ein, etwa {example}",
    ),
    ("must be a phone number, such as {example}", "muss eine Telefonnummer sein, etwa {example}"),
    ("must be a language tag, such as {example}", "muss ein Kürzel einer Sprache sein, etwa {example}"),
    (
        "must be an instant in the years 1900 to 2199, such as {example}",
        "muss ein Zeitpunkt in den Jahren 1900 bis 2199 sein, etwa {example}",
    ),
    ("must be an RFC 3339 instant, such as {example}", "muss ein Zeitpunkt sein, etwa {example}"),
    (
        "must be a day and a time that the calendar has, with an offset of less than a day",
        "muss ein Tag und eine Zeit sein, die es im Kalender gibt",
    ),
    (
        "must not be a leap second: write second 59, or the next minute",
        "darf keine Schaltsekunde sein: Schreiben Sie die Sekunde 59, oder die nächste Minute",
    ),
    (
        "must be a date in the years 1900 to 2199, such as {example}",
        "muss ein Datum in den Jahren 1900 bis 2199 sein, etwa {example}",
    ),
    (
        "must be a time of day from 00:00 to 23:59, such as {example}",
        "muss eine Uhrzeit von 00:00 bis 23:59 sein, etwa {example}",
    ),
    (
        "must be one line of text, without control characters or marks of text direction",
        "muss eine Zeile Text sein, ohne Steuerzeichen und Zeichen für die Schreibrichtung",
    ),
    (
        "must not contain control characters other than line breaks and tabs",
        "darf außer Zeilenumbrüchen und Tabulatoren keine Steuerzeichen enthalten",
    ),
    ("must contain a visible character", "muss ein sichtbares Zeichen enthalten"),
    // What is wrong with a new password.
    (
        "is easily guessed: it is common, or made of your name, e-mail address or studio. A few unrelated words are better",
        "ist leicht zu erraten: Es ist verbreitet, oder besteht aus Ihrem Namen, Ihrer E-Mail-Adresse oder Ihrem Studio. Einige Wörter ohne Zusammenhang sind besser",
    ),
    // What is wrong with content and a studio.
    ("names no {noun} of this studio", "nennt nichts, was es in diesem Studio gibt"),
    (
        "must name at least one plan where `access` is `plans`",
        "muss mindestens einen Tarif nennen, wenn der Inhalt für Mitglieder bestimmter Tarife ist",
    ),
    (
        "must be empty unless `access` is `plans`",
        "muss leer sein, außer wenn der Inhalt für Mitglieder bestimmter Tarife ist",
    ),
    ("Another studio has the slug `{slug}`.", "Ein anderes Studio hat den Kurznamen {slug}."),
    // What is wrong with a key.
    ("a key needs a name", "ein Schlüssel braucht einen Namen"),
    (
        "a name is one line of at most {most} characters, without control characters or bidirectional marks",
        "ein Name ist eine Zeile von höchstens {most} Zeichen, ohne Steuerzeichen und Zeichen für die Schreibrichtung",
    ),
    (
        "a name must not contain a key, since it is stored and shown unmasked. If that key is secret, revoke it",
        "ein Name darf keinen Schlüssel enthalten, denn er wird gespeichert und offen gezeigt. Wenn jener Schlüssel geheim ist, widerrufen Sie ihn",
    ),
    (
        "a secret key needs scopes, and there is no default: pass as few as the job needs",
        "ein geheimer Schlüssel braucht Scopes, und es gibt keine Vorgabe: Wählen Sie so wenige, wie die Aufgabe braucht",
    ),
    (
        "origins belong to publishable keys: a secret key must never be used in a browser",
        "Origins gehören zu öffentlichen Schlüsseln: Ein geheimer Schlüssel darf nie in einem Browser benutzt werden",
    ),
    (
        "scopes belong to secret keys: a publishable key reads public data only",
        "Scopes gehören zu geheimen Schlüsseln: Ein öffentlicher Schlüssel liest nur öffentliche Daten",
    ),
    (
        "networks belong to secret keys: a website's visitors come from anywhere",
        "Netze gehören zu geheimen Schlüsseln: Die Besucher einer Website kommen von überall",
    ),
    ("a rate limit is 1 to {most} requests a second", "eine Grenze ist 1 bis {most} Anfragen in der Sekunde"),
    (
        "the reason contains a whole secret key, and others read it: name the key by its id or its last four characters",
        "der Grund enthält einen ganzen geheimen Schlüssel, und andere lesen ihn: Nennen Sie den Schlüssel mit seiner Id oder seinen letzten vier Zeichen",
    ),
    (
        "a reason is one line of at most {most} characters, without control characters or bidirectional marks",
        "ein Grund ist eine Zeile von höchstens {most} Zeichen, ohne Steuerzeichen und Zeichen für die Schreibrichtung",
    ),
    (
        "`{network}` is not a network, such as {example}, or an address, such as {address}",
        "„{network}“ ist weder ein Netz, etwa {example}, noch eine Adresse, etwa {address}",
    ),
    (
        "`{network}` contains IPv4-mapped addresses and others: write IPv4 networks as {example}",
        "„{network}“ enthält auf IPv6 abgebildete IPv4-Adressen und andere: Schreiben Sie Netze aus IPv4 wie {example}",
    ),
    ("`{scope}` is not a scope; the scopes are {scopes}", "„{scope}“ ist kein Scope; die Scopes sind {scopes}"),
    (
        "`{origin}` is not an allowed origin: write {form} (http on loopback only), with no path and no wildcard",
        "„{origin}“ ist keine Website, die ein Schlüssel erlauben kann: Schreiben Sie {form} (http nur auf diesem Rechner), ohne Pfad und ohne Platzhalter",
    ),
    ("it names no method and path", "sie nennt weder Methode noch Pfad"),
    ("no operation of this path takes this method", "keine Operation dieses Pfads hat diese Methode"),
    ("no operation has this path", "keine Operation hat diesen Pfad"),
    // What is said of a request that is refused.
    (
        "This form was not sent by a page of this dashboard, or the browser does not say by which. Open the page again, and send it from there. If the dashboard has its own host name, the operator must set it with `--public-studio-url`.",
        "Dieses Formular wurde nicht von einer Seite dieses Dashboards gesendet, oder der Browser sagt nicht, von welcher. Öffnen Sie die Seite noch einmal, und senden Sie es von dort. Wenn das Dashboard einen eigenen Hostnamen hat, muss ihn der Betreiber mit `--public-studio-url` nennen.",
    ),
    (
        "This form was not sent by a page of this site, or the browser does not say by which. Open the page again, and send it from there. If these pages have their own host name, the operator must set it with `--public-members-url`.",
        "Dieses Formular wurde nicht von einer dieser Seiten gesendet, oder der Browser sagt nicht, von welcher. Öffnen Sie die Seite noch einmal, und senden Sie es von dort. Wenn diese Seiten einen eigenen Hostnamen haben, muss ihn der Betreiber mit `--public-members-url` nennen.",
    ),
    ("This page cannot be called in this way.", "Diese Seite kann so nicht aufgerufen werden."),
    ("There is no such page.", "Diese Seite gibt es nicht."),
    ("Nothing is served at this path.", "Diese Seite gibt es nicht."),
    (
        "Your role in this studio, {role}, does not include this. Ask an owner.",
        "Ihre Rolle in diesem Studio erlaubt das nicht. Fragen Sie einen Inhaber.",
    ),
    (
        "Your session has ended, or your role has changed. Nothing was changed. Sign in again.",
        "Ihre Sitzung ist zu Ende, oder Ihre Rolle hat sich geändert. Es wurde nichts geändert. Melden Sie sich noch einmal an.",
    ),
    ("You do not work for that studio.", "Sie arbeiten nicht für dieses Studio."),
    ("No {noun} of this studio has this id.", "In diesem Studio gibt es nichts mit dieser Id."),
    ("This page takes what its own form sends.", "Diese Seite nimmt, was ihr eigenes Formular sendet."),
    (
        "The database does not answer. Try again in a moment.",
        "Die Datenbank antwortet nicht. Versuchen Sie es gleich noch einmal.",
    ),
    (
        "Too many requests are waiting for the database. Try again in a moment.",
        "Zu viele Anfragen warten auf die Datenbank. Versuchen Sie es gleich noch einmal.",
    ),
    (
        "The row is being changed. Try again in a moment.",
        "Der Eintrag wird gerade geändert. Versuchen Sie es gleich noch einmal.",
    ),
    (
        "Something went wrong in the gateway; it has been logged.",
        "Im Gateway ist etwas schiefgegangen; es steht im Protokoll.",
    ),
    (
        "This studio's keys were changed {times} times in the last minute, which is the limit. Nothing was changed: try again in {seconds} seconds.",
        "Die Schlüssel dieses Studios wurden in der letzten Minute {times} Mal geändert, und mehr geht nicht. Es wurde nichts geändert: Versuchen Sie es in {seconds} Sekunden noch einmal.",
    ),
    // The steps of authorization.
    ("credential", "Zugang"),
    ("form", "Form"),
    ("surface", "Schnittstelle"),
    ("stored key", "gespeicherter Schlüssel"),
    ("bounds", "Grenzen"),
    ("rate", "Rate"),
    // What each code means, and what to do.
    ("The request could not be understood", "Die Anfrage war nicht zu verstehen"),
    (
        "Read `detail`, correct the JSON, the query or the cursor, and send it again. Keys belong in the `Authorization` header, never in the URL.",
        "Lesen Sie `detail`, berichtigen Sie das JSON, die Query oder den Cursor, und senden Sie sie noch einmal. Schlüssel gehören in den Header `Authorization`, nie in die URL.",
    ),
    ("No key was sent", "Es kam kein Schlüssel"),
    ("Send `Authorization: Bearer <key>`.", "Senden Sie `Authorization: Bearer <key>`."),
    ("This is not a key", "Das ist kein Schlüssel"),
    (
        "The key is mistyped or cut off. Copy it again, whole.",
        "Der Schlüssel ist falsch geschrieben oder abgeschnitten. Kopieren Sie ihn noch einmal, ganz.",
    ),
    ("This key is unknown", "Dieser Schlüssel ist unbekannt"),
    (
        "Check that the key belongs to this gateway. A key with a wrong secret part is unknown as well.",
        "Prüfen Sie, ob der Schlüssel zu diesem Gateway gehört. Auch ein Schlüssel mit falschem geheimem Teil ist unbekannt.",
    ),
    ("This key was revoked", "Dieser Schlüssel wurde widerrufen"),
    (
        "Use its replacement, or ask the studio's owner for a new key.",
        "Benutzen Sie seinen Ersatz, oder bitten Sie den Inhaber des Studios um einen neuen Schlüssel.",
    ),
    ("This key has expired", "Dieser Schlüssel ist abgelaufen"),
    ("Ask the studio's owner for a new key.", "Bitten Sie den Inhaber des Studios um einen neuen Schlüssel."),
    ("No member token was sent", "Es kam kein Token eines Mitglieds"),
    (
        "Send `Authorization: Bearer <token>`, with a token of the sign-in widget.",
        "Senden Sie `Authorization: Bearer <token>`, mit einem Token des Anmelde-Widgets.",
    ),
    ("This member token does not count", "Dieses Token eines Mitglieds gilt nicht"),
    (
        "It is not a token of this gateway, or its session has ended. Ask the sign-in widget for a new one.",
        "Es ist kein Token dieses Gateways, oder seine Sitzung ist zu Ende. Fragen Sie das Anmelde-Widget nach einem neuen.",
    ),
    ("This member token has expired", "Dieses Token eines Mitglieds ist abgelaufen"),
    (
        "Ask the sign-in widget for a new one: `getToken()` does.",
        "Fragen Sie das Anmelde-Widget nach einem neuen: `getToken()` tut das.",
    ),
    ("No member of this studio is signed in here", "Hier ist kein Mitglied dieses Studios angemeldet"),
    ("Show the sign-in.", "Zeigen Sie die Anmeldung."),
    ("A browser sent a secret key", "Ein Browser hat einen geheimen Schlüssel gesendet"),
    (
        "Secret keys belong on servers. Revoke this one, use a publishable key in the page, and let a server of your own call Management. A server that forwards a browser's request must drop its `Origin` and `Sec-Fetch-*` headers.",
        "Geheime Schlüssel gehören auf Server. Widerrufen Sie diesen, benutzen Sie auf der Seite einen öffentlichen, und lassen Sie einen eigenen Server Management aufrufen. Ein Server, der die Anfrage eines Browsers weitergibt, muss deren Header `Origin` und `Sec-Fetch-*` weglassen.",
    ),
    ("This surface takes the other kind of key", "Diese Schnittstelle nimmt die andere Art von Schlüssel"),
    (
        "The Storefront takes publishable keys (`flow_pk_…`), Management takes secret keys (`flow_sk_…`).",
        "Die Storefront nimmt öffentliche Schlüssel (`flow_pk_…`), Management nimmt geheime (`flow_sk_…`).",
    ),
    ("This key or token does not allow this origin", "Dieser Schlüssel oder dieses Token erlaubt diesen Origin nicht"),
    (
        "Add the site's origin to a new key, or call from an origin that the key allows. A member token is used from the page that it was handed to.",
        "Nennen Sie den Origin der Website in einem neuen Schlüssel, oder rufen Sie von einem Origin auf, den der Schlüssel erlaubt. Ein Token eines Mitglieds wird von der Seite benutzt, die es bekommen hat.",
    ),
    ("This key does not allow this network", "Dieser Schlüssel erlaubt dieses Netz nicht"),
    ("Call from a network that the key allows.", "Rufen Sie aus einem Netz auf, das der Schlüssel erlaubt."),
    ("This key lacks the scope of the operation", "Diesem Schlüssel fehlt der Scope der Operation"),
    (
        "Make a key that has `required_scope`; scopes are never added to a key.",
        "Erstellen Sie einen Schlüssel, der `required_scope` hat; ein Schlüssel bekommt nie Scopes dazu.",
    ),
    (
        "This form was not sent by a page of the dashboard",
        "Dieses Formular wurde nicht von einer Seite des Dashboards gesendet",
    ),
    (
        "The dashboard takes forms of its own pages, sent by a browser. A program uses a key.",
        "Das Dashboard nimmt Formulare seiner eigenen Seiten, von einem Browser gesendet. Ein Programm benutzt einen Schlüssel.",
    ),
    ("Your role in this studio does not include this", "Ihre Rolle in diesem Studio erlaubt das nicht"),
    ("Ask an owner of the studio.", "Fragen Sie einen Inhaber des Studios."),
    ("This operation does not exist", "Diese Operation gibt es nicht"),
    (
        "Compare the path with the list of operations in these pages.",
        "Vergleichen Sie den Pfad mit der Liste der Operationen in der Dokumentation.",
    ),
    ("This row does not exist", "Diesen Eintrag gibt es nicht"),
    ("No row of this studio has this id.", "In diesem Studio gibt es nichts mit dieser Id."),
    ("This path does not take this method", "Dieser Pfad nimmt diese Methode nicht"),
    ("The `Allow` header names the methods that it takes.", "Der Header `Allow` nennt die Methoden, die er nimmt."),
    ("A rule for the studio's data does not allow this", "Eine Regel für die Daten des Studios erlaubt das nicht"),
    (
        "Read `detail`, look at the current rows, and decide what to do.",
        "Lesen Sie `detail`, sehen Sie sich die Einträge an, wie sie jetzt sind, und entscheiden Sie.",
    ),
    ("Classes still take place at this location", "An diesem Standort finden noch Kurse statt"),
    ("Classes still take place in this room", "In diesem Raum finden noch Kurse statt"),
    ("Move or cancel its future classes first.", "Verlegen Sie zuerst die künftigen Kurse, oder sagen Sie sie ab."),
    (
        "This occurrence has started, or would start in the past",
        "Dieser Termin hat begonnen, oder würde in der Vergangenheit beginnen",
    ),
    (
        "An occurrence that has started cannot be changed. Choose a time in the future.",
        "Ein Termin, der begonnen hat, kann nicht geändert werden. Wählen Sie eine Zeit in der Zukunft.",
    ),
    (
        "More people have booked than this capacity allows",
        "Es haben mehr Leute gebucht, als diese Zahl der Plätze erlaubt",
    ),
    (
        "Cancel bookings first, or choose a larger capacity.",
        "Sagen Sie zuerst Buchungen ab, oder wählen Sie mehr Plätze.",
    ),
    ("The room is taken at that time", "Der Raum ist zu dieser Zeit belegt"),
    (
        "`occurrence_id` is what takes place there. Choose another room or time.",
        "`occurrence_id` ist, was dort stattfindet. Wählen Sie einen anderen Raum oder eine andere Zeit.",
    ),
    ("The instructor teaches another class at that time", "Der Lehrer unterrichtet zu dieser Zeit einen anderen Kurs"),
    (
        "`occurrence_id` is what the instructor teaches then. Choose another instructor or time.",
        "`occurrence_id` ist, was der Lehrer dann unterrichtet. Wählen Sie einen anderen Lehrer oder eine andere Zeit.",
    ),
    ("This person is already a member", "Diese Person ist schon Mitglied"),
    (
        "Find the membership by its `email` and change it.",
        "Suchen Sie die Mitgliedschaft mit ihrer `email`, und ändern Sie sie.",
    ),
    ("This person's data was erased", "Die Daten dieser Person wurden gelöscht"),
    (
        "Only a hash of the address is kept. If they want to return, run `flow-gateway members readmit`.",
        "Von der Adresse ist nur ein Hash geblieben. Wenn die Person wiederkommen will, rufen Sie `flow-gateway members readmit` auf.",
    ),
    (
        "The first request with this Idempotency-Key is still running",
        "Die erste Anfrage mit diesem Idempotency-Key läuft noch",
    ),
    (
        "Wait a moment, then send the same request again.",
        "Warten Sie einen Augenblick, und senden Sie dieselbe Anfrage noch einmal.",
    ),
    ("The row has changed since you read it", "Der Eintrag hat sich geändert, seit Sie ihn gelesen haben"),
    (
        "Read the row again, apply your change to it, and send the new version in `If-Match`.",
        "Lesen Sie den Eintrag noch einmal, ändern Sie ihn, und senden Sie die neue Version in `If-Match`.",
    ),
    ("The body is too large", "Der Body ist zu groß"),
    ("Send less in one request.", "Senden Sie weniger in einer Anfrage."),
    ("This media type is not understood", "Dieser Medientyp ist unbekannt"),
    (
        "Send JSON with `Content-Type: application/json`, and without `Content-Encoding`.",
        "Senden Sie JSON mit `Content-Type: application/json`, und ohne `Content-Encoding`.",
    ),
    ("Some fields are not valid", "Einige Felder sind nicht gültig"),
    (
        "`errors` lists every fault with a JSON Pointer (RFC 6901) to the field. Correct them all and send the request again.",
        "`errors` nennt jeden Fehler mit einem JSON Pointer (RFC 6901) auf das Feld. Berichtigen Sie alle, und senden Sie die Anfrage noch einmal.",
    ),
    ("This Idempotency-Key belongs to another request", "Dieser Idempotency-Key gehört zu einer anderen Anfrage"),
    ("Use a new key for each new request.", "Benutzen Sie für jede neue Anfrage einen neuen."),
    ("Too many requests", "Zu viele Anfragen"),
    ("Wait as long as `Retry-After` says.", "Warten Sie so lange, wie `Retry-After` sagt."),
    ("Something went wrong in the gateway", "Im Gateway ist etwas schiefgegangen"),
    (
        "Try again. If it happens again, report the `request_id`.",
        "Versuchen Sie es noch einmal. Wenn es wieder geschieht, melden Sie die `request_id`.",
    ),
    ("The gateway cannot reach its data", "Das Gateway erreicht seine Daten nicht"),
    (
        "Wait as long as `Retry-After` says, then send the same request again.",
        "Warten Sie so lange, wie `Retry-After` sagt, und senden Sie dieselbe Anfrage noch einmal.",
    ),
    ("The gateway is busy", "Das Gateway ist ausgelastet"),
    ("The request took too long", "Die Anfrage hat zu lange gedauert"),
    (
        "Send it again; with an `Idempotency-Key` a write is applied once.",
        "Senden Sie sie noch einmal; mit einem `Idempotency-Key` wird ein Schreiben nur einmal ausgeführt.",
    ),
    // What a scope allows.
    ("List classes.", "Kurse lesen."),
    ("Create, change and cancel classes.", "Kurse anlegen, ändern und absagen."),
    ("List on-demand content.", "Inhalte lesen."),
    ("Change and delete on-demand content.", "Inhalte ändern und löschen."),
    ("List coupons.", "Gutscheine lesen."),
    ("Create and delete coupons.", "Gutscheine anlegen und löschen."),
    ("List instructors, with their private contact data.", "Lehrer lesen, mit ihren privaten Kontaktdaten."),
    ("Create and change instructors.", "Lehrer anlegen und ändern."),
    ("List locations and their rooms.", "Standorte und ihre Räume lesen."),
    ("Create, change and delete locations and their rooms.", "Standorte und ihre Räume anlegen, ändern und löschen."),
    ("List members, with their personal data.", "Mitglieder lesen, mit ihren persönlichen Daten."),
    ("Invite and change members, cancel memberships.", "Mitglieder einladen und ändern, Mitgliedschaften kündigen."),
    ("List plans.", "Tarife lesen."),
    ("Create, change and archive plans.", "Tarife anlegen, ändern und archivieren."),
    ("List programs.", "Programme lesen."),
    ("Create and change programs.", "Programme anlegen und ändern."),
    ("List the schedule.", "Den Stundenplan lesen."),
    ("Reschedule, cancel and reinstate occurrences.", "Termine verlegen, absagen und wieder ansetzen."),
];
