//! Spreadsheets of the platforms that studios leave, in six languages.

use serde_json::{Value, json};

use super::{import, refusal, rows, said};
use crate::cli::gateway::{Home, on_both_engines};

/// Imports members; the first of them.
#[track_caller]
fn first(home: &Home, sheet: &str, flags: &[&str]) -> Value {
    import(home, "members.csv", sheet, flags).done();
    rows(home, "members").into_iter().last().expect("a member")
}

#[apply(on_both_engines!)]
fn the_words_of_other_platforms_are_known(home: Home) {
    home.studio("casa");
    for (number, (heading, line)) in [
        ("Client ID,First Name,Last Name,Email Address,Mobile Number,Birth Date,Membership Status,Expiration Date", "Eva,Sol,E@mail.example,+351 91 000,1990-05-17,Cancelled,2030-01-31"),
        ("Mitgliedsnummer;Vorname;Name;E-Mail-Adresse;Handynummer;Geburtsdatum;Mitgliedsstatus;Gültig bis", "Eva;Sol;E@mail.example;+351 91 000;1990-05-17;Gekündigt;2030-01-31"),
        ("Numéro client;Prénom;Nom;Courriel;Téléphone portable;Date de naissance;Statut;Date de fin", "Eva;Sol;E@mail.example;+351 91 000;1990-05-17;résilié;2030-01-31"),
        ("Número de cliente;Nombre;Apellidos;Correo electrónico;Móvil;Fecha de nacimiento;Estado del cliente;Fecha de vencimiento", "Eva;Sol;E@mail.example;+351 91 000;1990-05-17;Cancelado;2030-01-31"),
        ("Numero cliente;Nome;Cognome;Indirizzo e-mail;Cellulare;Data di nascita;Stato abbonamento;Scadenza", "Eva;Sol;E@mail.example;+351 91 000;1990-05-17;Disdetto;2030-01-31"),
        ("Número do cliente;Nome;Apelido;Endereço de e-mail;Telemóvel;Data de nascimento;Situação;Data de validade", "Eva;Sol;E@mail.example;+351 91 000;1990-05-17;cancelada;2030-01-31"),
    ].into_iter().enumerate() {
        let separator = if heading.contains(';') { ";" } else { "," };
        let line = line.replace("E@", &format!("e{number}@"));
        let row = first(&home, &format!("{heading}\n{number}{separator}{line}\n"), &["--ignore-unknown-columns"]);
        let wanted = json!([number.to_string(), "Eva", "Sol", format!("e{number}@mail.example"), "+351 91 000", "1990-05-17", "cancelled", "2030-01-31"]);
        let fields = ["external_id", "first_name", "last_name", "email", "phone", "birth_date", "status", "ends_on"];
        assert_eq!(fields.iter().map(|field| row[*field].clone()).collect::<Value>(), wanted, "{heading}");
    }
}

#[apply(on_both_engines!)]
fn what_is_passed_over_is_listed_and_an_end_never_is_unsaid(home: Home) {
    home.studio("casa");
    let sheet = "E-mail,Shoe size,Stato\nrui@mail.example,42,disdetto\n";
    let told = refusal(&home, "members.csv", sheet);
    for column in ["Shoe size", "Stato"] {
        assert!(told.contains(&format!("members.csv:1: the column `{column}` is no field of members")), "{told}");
    }
    let told = said(&home, import(&home, "members.csv", sheet, &["--ignore-unknown-columns"]));
    assert!(
        told.contains("members.csv:1: the column `Stato` may say that somebody is a member no more")
            && !told.contains("Shoe"),
        "{told}"
    );
    let flags = ["--ignore-unknown-columns", "--ignore-column", "Stato", "--dry-run"];
    assert_eq!(
        import(&home, "members.csv", sheet, &[&flags[..], &["--json"]].concat()).json()["files"][0]["ignored_columns"],
        json!(["Shoe size", "Stato"])
    );
    let ended = import(&home, "members.csv", sheet, &flags);
    assert!(ended.err.contains("nothing is read from the columns `Shoe size`, `Stato`"), "{ended:?}");
    let row = first(&home, sheet, &["--map", "Stato=status", "--map", "shoe SIZE = metadata.shoe"]);
    assert_eq!((&row["status"], &row["metadata"]), (&json!("cancelled"), &json!({"shoe": "42"})));
    let told = said(&home, import(&home, "members.csv", sheet, &["--map", "Stato=unicorn"]));
    assert!(told.contains("the column `Stato` is no field of members"), "{told}");
    import(&home, "members.csv", sheet, &["--map", "Stato"]).fails(2);
}

#[apply(on_both_engines!)]
fn cells_are_read_as_their_country_writes_them(home: Home) {
    home.studio("casa");
    for (number, (yes, no)) in [
        ("WAHR", "FALSCH"),
        ("ja", "nein"),
        ("VRAI", "faux"),
        ("oui", "non"),
        ("sí", "no"),
        ("VERO", "FALSO"),
        ("sim", "não"),
    ]
    .into_iter()
    .enumerate()
    {
        let sheet = format!(
            "Client ID,E-mail,Newsletter\n{number}a,{number}a@mail.example,{yes}\n{number}b,{number}b@mail.example,{no}\n"
        );
        import(&home, "members.csv", &sheet, &[]).done();
    }
    let consents: Vec<_> = rows(&home, "members").iter().map(|row| row["marketing_consent"].clone()).collect();
    assert!(consents.iter().enumerate().all(|(at, consent)| *consent == (at % 2 == 0)), "{consents:?}");
    let sheet = "Client ID,E-mail,Birth date,Start date\n1,x@mail.example,17/05/1990 00:00,3/4/2026 12:00:00 AM\n";
    let row = first(&home, sheet, &["--date-format", "birth_date=dd/mm/yyyy", "--date-format", "mm/dd/yyyy"]);
    assert_eq!((&row["birth_date"], &row["starts_on"]), (&json!("1990-05-17"), &json!("2026-03-04")));
    let row = first(&home, "E-mail,Birth date\ny@mail.example,1990-05-17T00:00:00Z\n", &[]);
    assert_eq!(row["birth_date"], "1990-05-17");
    import(&home, "locations.csv", "name;latitude;longitude\nAlfama;38,7223;-9,1393\n", &[]).done();
    let location = &rows(&home, "locations")[0];
    assert_eq!((&location["latitude"], &location["longitude"]), (&json!(38.7223), &json!(-9.1393)));
}

#[test]
fn a_foreign_id_is_told_where_it_belongs() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let sheet = "ID,E-mail\n7,rui@mail.example\n";
    let told = refusal(&home, "members.csv", sheet);
    assert!(
        told.contains("members.csv:2: id: is no id of ours: call the column `Client ID`") && !told.contains('^'),
        "{told}"
    );
    assert_eq!(first(&home, sheet, &["--map", "ID=external_id"])["external_id"], "7");
}

#[test]
fn the_unicode_text_of_excel_is_read() {
    let home = Home::on_sqlite();
    home.studio("casa");
    for (number, bytes_of) in [u16::to_le_bytes, u16::to_be_bytes].into_iter().enumerate() {
        let text = format!("\u{feff}E-mail\tFirst name\r\n{number}@mail.example\tZoë 🧘\r\n");
        let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes_of).collect();
        let path = home.path("members.csv");
        std::fs::write(&path, bytes).expect("a file");
        home.run(&["import", "--studio", "casa", &path.display().to_string()]).done();
        assert_eq!(rows(&home, "members")[number]["first_name"], "Zoë 🧘");
    }
}

#[test]
fn an_unknown_column_hides_no_other_fault_and_many_are_counted() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let told = refusal(&home, "members.csv", "E-mail,Shoes,Birth date\nnobody,1,soon\n");
    for part in
        ["members.csv:1: the column `Shoes`", "members.csv:2: email: ", "members.csv:2: birth_date: must be a date"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let lines = (0..3000).map(|number| format!("nobody{number}")).collect::<Vec<_>>().join("\n");
    let told = refusal(&home, "members.csv", &format!("E-mail\n{lines}"));
    assert_eq!((told.lines().count(), told.contains("… and 2950 more")), (52, true), "{told}");
}

#[test]
fn a_heading_is_bounded_and_so_is_a_cell() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let told = refusal(&home, "members.csv", &format!("{}\nx\n", vec!["email"; 20_000].join(",")));
    assert!(told.contains("members.csv:1: has more than 400 cells") && told.len() < 2000, "{told}");
    let told = refusal(&home, "members.csv", &format!("{}\n", vec!["email"; 300].join(",")));
    assert!(told.contains("members.csv:1: has two columns for `email`") && told.contains("… and 249 more"), "{told}");
    let told = refusal(&home, "members.csv", &format!("email,notes\na@mail.example,{}\n", "x".repeat(300 * 1024)));
    assert!(told.contains("members.csv:2: has a cell that is longer than a cell may be"), "{told}");
}
