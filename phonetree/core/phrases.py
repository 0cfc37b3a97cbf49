"""The product's phrases, by language: everything that is spoken but is not in routing.yaml.

`routing.yaml` can replace any of them. A language that is not here has them all in `phrases/LANGUAGE.yaml`.
Fields in braces are filled in; a replacement has the same ones.
"""

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH = {
    # menus
    "choice": "{label}, press {key}.",
    "language": "For {language}, press {key}.",
    "again": "To hear this again, press star.",
    "wrong_key": "That key is not one of the choices.",
    "no_key": "I did not hear a key.",
    "not_open_now": "{name} is not open at this hour.",
    "to_a_person": "I will connect you with someone now.",
    "partly": "Some parts are in {language} only.",
    "lost_place": "I am sorry, I lost my place. Here are the choices from the beginning.",
    # an advocate's phone
    "screen": "A call is waiting. To take it, press 1.",
    "screen_language": "A call is waiting, in {language}. To take it, press 1.",
    "screen_again": "To take the call, press 1.",
    "taken": "Someone else has already answered this call. Thank you.",
    "gone": "The caller has hung up. Thank you.",
    # people and lines
    "connecting": "I am calling an advocate now. Please stay on the line.",
    "transfer": "I am connecting you with {name}, an outside line.",
    "private": "They keep what you say private, but not confidential.",
    "anonymous": "You do not have to give your name.",
    "not confidential": "What you tell them is not confidential.",
    "unreachable": "{name} did not answer. Their number is {number}. Again: {number}.",
    "cut_off": "If you were cut off, their number is {number}. Again: {number}.",
    "ended": "The conversation has ended. You can call again at any time. Goodbye.",
    # addresses
    "email": "{name} at {domain}",
    "dot": "dot",
    "link_form": "our form",
    "link_resources": "our page of resources",
    "link_services": "our page about what we do",
    # messages
    "recording": "Your message will be recorded. Speak after the tone. When you are done, press pound or hang up.",
    "too_short": "I could not hear a message. Please try once more, after the tone.",
    "no_message": "I could not hear a message, so nothing was kept.",
    "thanks": "Thank you. Your message was recorded.",
    # when one of our turns fails
    "trouble": "I am sorry, something went wrong here. I am connecting you with {name}. "
    "If you are in danger, hang up and dial 911.",
    # when none of our servers answers
    "fallback": "I am sorry, our phone system is not working. If you are in danger, hang up and dial 911. "
    "Please stay on the line; I am calling someone for you.",
    "fallback_next": "If you have not spoken with anybody, or want to go on, please stay on the line.",
    # moments
    "weekdays": "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    "months": "January, February, March, April, May, June, July, August, September, October, November, December",
    "on_the_hour": "{hour}",
    "past_the_hour": "{hour}:{minute}",
    "one_in_the_morning": "at {clock} AM",
    "one_in_the_afternoon": "at {clock} PM",
    "morning": "at {clock} AM",
    "afternoon": "at {clock} PM",
    "noon": "at noon",
    "midnight": "at midnight",
    "today": "today {time}",
    "tomorrow": "tomorrow {time}",
    "this_week": "on {weekday} {time}",
    "later": "on {weekday}, {month} {day}, {time}",
    "no_opening": "when we open again",
    "a_closure": "a holiday",
}

SPANISH = {
    "choice": "{label}, oprima {key}.",
    "language": "Para {language}, oprima {key}.",
    "again": "Para volver a escuchar, oprima asterisco.",
    "wrong_key": "Esa tecla no es una de las opciones.",
    "no_key": "No escuché ninguna tecla.",
    "not_open_now": "{name} no atiende a esta hora.",
    "to_a_person": "Ahora le comunico con una persona.",
    "partly": "Algunas partes están solo en {language}.",
    "lost_place": "Disculpe, perdí el hilo. Estas son las opciones desde el principio.",
    "screen": "Hay una llamada en espera. Para tomarla, oprima 1.",
    "screen_language": "Hay una llamada en espera, en {language}. Para tomarla, oprima 1.",
    "screen_again": "Para tomar la llamada, oprima 1.",
    "taken": "Otra persona ya contestó esta llamada. Gracias.",
    "gone": "La persona que llamaba ha colgado. Gracias.",
    "connecting": "Estoy llamando a una consejera. Por favor, no cuelgue.",
    "transfer": "Le comunico con {name}, una línea externa.",
    "private": "Lo que usted diga se trata en privado, pero no es confidencial.",
    "anonymous": "No tiene que dar su nombre.",
    "not confidential": "Lo que usted les diga no es confidencial.",
    "unreachable": "{name} no contestó. Su número es {number}. Otra vez: {number}.",
    "cut_off": "Si se cortó la llamada, su número es {number}. Otra vez: {number}.",
    "ended": "La conversación ha terminado. Puede volver a llamar cuando quiera. Adiós.",
    "email": "{name} arroba {domain}",
    "dot": "punto",
    "link_form": "nuestro formulario",
    "link_resources": "nuestra página de recursos",
    "link_services": "nuestra página sobre lo que hacemos",
    "recording": "Su mensaje será grabado. Hable después del tono. Al terminar, oprima numeral o cuelgue.",
    "too_short": "No pude escuchar un mensaje. Por favor, intente una vez más, después del tono.",
    "no_message": "No pude escuchar un mensaje, así que no se guardó nada.",
    "thanks": "Gracias. Su mensaje quedó grabado.",
    "trouble": "Disculpe, algo falló aquí. Le comunico con {name}. Si está en peligro, cuelgue y marque 911.",
    "fallback": "Disculpe, nuestro sistema telefónico no funciona. Si está en peligro, cuelgue y marque 911. "
    "Por favor, no cuelgue; estoy llamando a alguien para usted.",
    "fallback_next": "Si no ha hablado con nadie, o quiere seguir, por favor no cuelgue.",
    "weekdays": "lunes, martes, miércoles, jueves, viernes, sábado, domingo",
    "months": "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre",
    "on_the_hour": "{hour}",
    "past_the_hour": "{hour}:{minute}",
    "one_in_the_morning": "a la {clock} de la mañana",
    "one_in_the_afternoon": "a la {clock} de la tarde",
    "morning": "a las {clock} de la mañana",
    "afternoon": "a las {clock} de la tarde",
    "noon": "al mediodía",
    "midnight": "a la medianoche",
    "today": "hoy {time}",
    "tomorrow": "mañana {time}",
    "this_week": "el {weekday} {time}",
    "later": "el {weekday} {day} de {month} {time}",
    "no_opening": "cuando volvamos a abrir",
    "a_closure": "un día feriado",
}

PHRASES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"en": MappingProxyType(ENGLISH), "es": MappingProxyType(SPANISH)}
)

EMERGENCY = "911"
"""What the phrases say to dial in danger."""

_NUMBER_UNKNOWN = MappingProxyType({"en": "the emergency number", "es": "el número de emergencias"})


def phrases_for(language: str, emergency: str) -> Mapping[str, str]:
    """The phrases of a language, with the number that callers dial in danger, "" if it is not known; none of a language
    that is not here."""
    number = emergency or _NUMBER_UNKNOWN.get(language, EMERGENCY)
    return {name: text.replace(EMERGENCY, number) for name, text in PHRASES.get(language, {}).items()}


SPOKEN: Mapping[str, str] = MappingProxyType({EMERGENCY: "9 1 1", "988": "9 8 8"})
"""How words of the phrases are pronounced, in every language; a site adds its own."""

EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "label": "To leave a message",
        "key": "3",
        "language": "English",
        "name": "the crisis line",
        "number": "6 1 7, 5 5 5, 0 1 0 0",
        "domain": "example dot org",
        "hour": "9",
        "minute": "30",
        "clock": "9, or 9:30",
        "time": "at 9 AM",
        "weekday": "Monday",
        "month": "November",
        "day": "23",
        "closure": "a snow day",
        "opening": "tomorrow at 9 AM",
        "first": "Monday",
        "last": "Friday",
        "start": "9 AM",
        "end": "5 PM",
    }
)
"""What may stand in a field, for those who translate."""
