//! The texts of the pages for members in German. The compiler holds that none is missing.

use super::MemberTexts;

pub(super) static GERMAN: MemberTexts = MemberTexts {
    repeat_password: "Passwort wiederholen",
    not_the_same: "Die beiden Passwörter sind nicht gleich. Geben Sie beide noch einmal ein.",
    invitation_title: "Einladung annehmen",
    accept_title: "Mitglied werden bei {studio}",
    accept_about: "Sie melden sich mit {email} an. Wählen Sie ein Passwort für {studio}.",
    accept: "Einladung annehmen",
    forgotten_about: "Geben Sie die Adresse ein, mit der Sie sich anmelden. Wir senden einen Link, mit dem Sie ein neues Passwort setzen; er funktioniert einmal, innerhalb einer Stunde. Wenn Sie bei mehreren Studios Mitglied sind, bekommen Sie für jedes einen.",
    was_asked: "Wenn sich ein Mitglied mit dieser Adresse anmeldet, ist ein Link dorthin unterwegs. Er funktioniert einmal, innerhalb einer Stunde. 15 Minuten lang wird kein zweiter Link gesendet. Wenn nichts kommt, prüfen Sie die Adresse und den Spam-Ordner, oder fragen Sie Ihr Studio.",
    no_link: "Dieser Link funktioniert nicht mehr: Er wurde benutzt, ist abgelaufen, oder ein neuerer hat ihn ersetzt. Bitten Sie Ihr Studio um eine neue Einladung, oder lassen Sie sich einen Link zu einem neuen Passwort senden.",
    reset_about: "Das neue Passwort gilt für {email} bei {studio}. Sie werden bei {studio} überall abgemeldet.",
    was_reset: "Sie sind überall abgemeldet. Melden Sie sich mit dem neuen Passwort an.",
    account_title: "Sie sind angemeldet",
    account_about: "Sie sind angemeldet als Mitglied von:",
    to_the_sign_in: "Zur Anmeldung",
};
