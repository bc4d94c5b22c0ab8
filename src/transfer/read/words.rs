//! The words of other platforms (Mindbody, Momence, Glofox, Wodify, `WellnessLiving`, Zen Planner, Vagaro, Eversports, Acuity,
//! Arketa and their like) in English, German, French, Spanish, Italian and Portuguese, without marks, where they mean one
//! thing. `Estado` and `Stato` may be a country or a status: they are not here, and not passed over either.

/// A member's whole name, which is a field of no row: the sheet takes it apart.
pub const NAME: &str = "first_name last_name";
/// A member's plan by its name or external id: what an import looks up.
pub const PLAN: &str = "plan";

/// Headings of members, by the field that they mean, as [`super::headings::folded`] writes them.
pub const FOR_MEMBERS: &[(&str, &str)] = &[
    (
        "external_id",
        "client_id customer_id member_id client_number customer_number member_number membership_number person_id user_id \
        contact_id athlete_id client_no member_no customer_no mindbody_id client_external_id \
        kundennummer kunden_nr kunden_id kundennr mitgliedsnummer mitglieds_nr mitglieds_id mitgliedsnr \
        id_client numero_client numero_de_client no_client n_client numero_adherent identifiant_client id_adherent \
        id_cliente id_de_cliente numero_de_cliente numero_cliente codigo_de_cliente codigo_cliente id_socio numero_de_socio \
        codice_cliente id_membro numero_tessera codice_socio numero_do_cliente id_do_cliente numero_de_membro codigo_do_cliente",
    ),
    (
        "email",
        "e_mail e_mail_address email_address mail client_email customer_email member_email contact_email primary_email \
        e_mail_adresse email_adresse mailadresse emailadresse adresse_e_mail adresse_email adresse_mail courriel \
        adresse_electronique correo correo_electronico direccion_de_correo direccion_de_correo_electronico \
        indirizzo_e_mail indirizzo_email posta_elettronica endereco_de_e_mail endereco_de_email endereco_email \
        correio_eletronico",
    ),
    (
        "first_name",
        "firstname forename given_name client_first_name member_first_name customer_first_name vorname prenom \
        primer_nombre primeiro_nome nome_proprio",
    ),
    (
        "last_name",
        "lastname surname family_name client_last_name member_last_name customer_last_name nachname familienname zuname \
        nom_de_famille apellido apellidos cognome apelido apelidos sobrenome ultimo_nome",
    ),
    (
        NAME,
        "full_name name client_name member_name customer_name fullname nom nom_complet nombre nombre_completo \
        nombre_y_apellidos nome nome_completo nome_e_cognome nome_cognome vollstandiger_name",
    ),
    (
        "phone",
        "mobile mobile_phone phone_number telephone telephone_number cell cell_phone cellphone cell_number mobile_number \
        mobile_phone_number primary_phone contact_number contact_phone client_phone home_phone work_phone tel \
        telefon telefonnummer handy handynummer mobil mobiltelefon mobilnummer mobilfunknummer rufnummer \
        portable telephone_portable telephone_mobile numero_de_telephone tel_portable telefono telefono_movil movil \
        celular numero_de_telefono numero_de_movil telefono_celular cellulare numero_di_telefono telefono_cellulare \
        telefone telemovel telefone_celular numero_de_telefone numero_de_telemovel",
    ),
    (
        "birth_date",
        "birthdate birthday date_of_birth dob birth_day geburtsdatum geburtstag date_de_naissance date_naissance naissance \
        fecha_de_nacimiento fecha_nacimiento nacimiento data_di_nascita data_nascita data_de_nascimento data_nascimento \
        nascimento",
    ),
    (
        PLAN,
        "plan_name membership membership_name membership_plan membership_type current_plan current_membership subscription \
        subscription_name subscription_plan contract_name tarif tarifname mitgliedschaft abo abonnement formule \
        nom_de_l_abonnement membresia plan_de_membresia suscripcion tarifa abbonamento nome_abbonamento \
        tipo_di_abbonamento assinatura plano nome_do_plano",
    ),
    (
        "status",
        "membership_status member_status client_status customer_status subscription_status contract_status plan_status \
        current_status membership_state subscription_state mitgliedsstatus mitgliederstatus mitgliedschaftsstatus \
        vertragsstatus kundenstatus abo_status statut statut_adherent statut_abonnement statut_client \
        statut_de_l_abonnement statut_du_client estado_de_membresia estado_de_la_membresia estado_del_cliente \
        estado_del_socio estado_de_la_suscripcion stato_abbonamento stato_dell_abbonamento stato_cliente \
        estado_da_assinatura status_da_assinatura estado_do_plano estado_do_cliente estado_do_membro situacao",
    ),
    (
        "starts_on",
        "start_date member_since membership_start membership_start_date join_date joined joined_on date_joined client_since \
        customer_since contract_start_date contract_start plan_start_date subscription_start_date activation_date \
        startdatum vertragsbeginn mitglied_seit kunde_seit eintrittsdatum beginn beginndatum \
        date_de_debut date_debut membre_depuis client_depuis date_d_inscription fecha_de_inicio fecha_inicio \
        fecha_de_alta socio_desde cliente_desde data_inizio data_di_inizio data_di_iscrizione data_iscrizione \
        data_de_inicio data_inicio data_de_adesao data_de_inscricao membro_desde",
    ),
    (
        "ends_on",
        "end_date membership_end membership_end_date expiration_date expiry_date expiration expiry expires expires_on \
        expires_at valid_until valid_to contract_end_date contract_end plan_end_date subscription_end_date \
        membership_expiration_date membership_expiration membership_expiry enddatum vertragsende ablaufdatum \
        gultig_bis laufzeitende date_de_fin date_fin date_d_expiration date_d_echeance valable_jusqu_au \
        fecha_de_fin fecha_fin fecha_de_vencimiento fecha_de_caducidad fecha_de_expiracion valido_hasta \
        data_fine data_di_fine data_di_scadenza data_scadenza scadenza valido_fino_al data_de_fim data_fim data_de_termino \
        data_de_validade data_de_expiracao valido_ate",
    ),
    (
        "cancel_on",
        "cancellation_date cancel_date canceled_on cancelled_on date_cancelled date_canceled termination_date \
        kundigungsdatum gekundigt_zum kundigung_zum date_de_resiliation date_resiliation fecha_de_baja \
        fecha_de_cancelacion data_disdetta data_di_disdetta data_di_cancellazione data_de_cancelamento",
    ),
    (
        "cancel_reason",
        "cancellation_reason reason_for_cancellation cancelation_reason termination_reason kundigungsgrund \
        motif_de_resiliation motivo_de_baja motivo_de_cancelacion motivo_disdetta motivo_di_disdetta motivo_do_cancelamento",
    ),
    ("tags", "tag client_tags schlagworte schlagworter etiquettes etiquetas etichette"),
    (
        "notes",
        "note comment comments client_notes member_notes notiz notizen bemerkung bemerkungen kommentar kommentare \
        remarque remarques commentaire commentaires notas observaciones comentarios observacoes commenti",
    ),
    (
        "marketing_consent",
        "marketing marketing_opt_in newsletter email_opt_in opt_in marketing_emails email_marketing accepts_marketing \
        subscribed_to_newsletter newsletter_opt_in newsletter_subscription promotional_emails email_marketing_opt_in \
        newsletter_abonniert werbeeinwilligung marketing_einwilligung einwilligung_marketing consentement_marketing \
        accepte_le_marketing abonne_a_la_newsletter inscrit_a_la_newsletter acepta_marketing consentimiento_marketing \
        boletin suscrito_al_boletin consenso_marketing iscritto_alla_newsletter consentimento_marketing aceita_marketing \
        subscreve_newsletter",
    ),
];

/// What speaks of a status, an end or an expiry: a word, `start*` of one, or `*part` of the heading.
pub const SPEAKS_OF_AN_END: &str = "*status *kundig *ablauf *vertragsende *laufzeitende *enddat state statut statuts estado stato \
    situacao zustand end ends ended ende fin fine fim until bis hasta ate baja hold churned left cancel* storn* resili* annul* \
    disdett* disdic* terminat* beend* abgelauf* expir* gultig* valab* valid* caduc* venc* scad* echeance* activ* aktiv* actif* attiv* \
    ativ* inactiv* inaktiv* inactif* inattiv* inativ* deactiv* desactiv* disattiv* desativ* froz* freez* gel* congel* eingefror* paus* \
    ruh* suspend* suspens* sospes* lapsed unsubscri* abgemeldet desabon* desinscri* archiv* deleted";

/// What they call a word of ours, as a cell says it without marks. Others, such as `inactive`, may mean several.
pub const STATUSES: &[(&str, &str)] = &[
    ("active", "current aktiv actif activo activa attivo attiva ativo ativa"),
    (
        "cancelled",
        "canceled terminated gekundigt storniert resilie resiliee annule annulee cancelado cancelada de_baja baja \
        dado_de_baja dada_de_baja disdetto disdetta annullato annullata cancellato cancellata",
    ),
    (
        "paused",
        "frozen on_hold hold suspended pausiert ruhend eingefroren en_pause suspendu suspendue pausado pausada en_pausa \
        congelado congelada suspendido suspendida in_pausa sospeso sospesa congelato em_pausa suspenso suspensa",
    ),
    ("expired", "lapsed abgelaufen expire expiree caducado caducada vencido vencida scaduto scaduta expirado expirada"),
];

/// What says that something is so.
pub const TRUE: &str = "true yes y 1 t wahr ja j vrai oui o vero si s verdadero verdadeiro sim";
/// What says that it is not.
pub const FALSE: &str = "false no n 0 f falsch nein faux non falso nao";
