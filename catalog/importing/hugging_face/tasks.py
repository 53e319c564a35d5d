"""The input and output modalities of a model, by the hub's name for its task."""

from catalog.models import InputModality, OutputModality

Text, Image, Video, Audio = InputModality.TEXT, InputModality.IMAGE, InputModality.VIDEO, InputModality.AUDIO

PIPELINES: dict[str, tuple[tuple[InputModality, ...], OutputModality]] = {
    "text-generation": ((Text,), OutputModality.TEXT),
    "text2text-generation": ((Text,), OutputModality.TEXT),
    "summarization": ((Text,), OutputModality.TEXT),
    "translation": ((Text,), OutputModality.TEXT),
    "image-text-to-text": ((Text, Image), OutputModality.TEXT),
    "visual-question-answering": ((Text, Image), OutputModality.TEXT),
    "document-question-answering": ((Text, Image), OutputModality.TEXT),
    "image-to-text": ((Image,), OutputModality.TEXT),
    "video-text-to-text": ((Text, Video), OutputModality.TEXT),
    "audio-text-to-text": ((Text, Audio), OutputModality.TEXT),
    "feature-extraction": ((Text,), OutputModality.EMBEDDINGS),
    "sentence-similarity": ((Text,), OutputModality.EMBEDDINGS),
    "image-feature-extraction": ((Image,), OutputModality.EMBEDDINGS),
    "visual-document-retrieval": ((Text, Image), OutputModality.EMBEDDINGS),
    "text-ranking": ((Text,), OutputModality.RERANK),
    "text-to-image": ((Text,), OutputModality.IMAGE),
    "image-to-image": ((Image,), OutputModality.IMAGE),
    "image-text-to-image": ((Text, Image), OutputModality.IMAGE),
    "text-to-video": ((Text,), OutputModality.VIDEO),
    "image-to-video": ((Image,), OutputModality.VIDEO),
    "image-text-to-video": ((Text, Image), OutputModality.VIDEO),
    "video-to-video": ((Video,), OutputModality.VIDEO),
    "text-to-speech": ((Text,), OutputModality.SPEECH),
    "text-to-audio": ((Text,), OutputModality.AUDIO),
    "audio-to-audio": ((Audio,), OutputModality.AUDIO),
    "automatic-speech-recognition": ((Audio,), OutputModality.TRANSCRIPTION),
}
"""The input and output modalities, by the hub's name for the task. Tasks that leave them open (``any-to-any``) are not here."""

SENSES = {"vision_config": Image, "audio_config": Audio, "video_token_id": Video, "video_token_index": Video}
"""Keys of a ``config.json`` for an input that the task may not include."""
