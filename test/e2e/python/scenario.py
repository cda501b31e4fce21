"""Does what a first client does, against the server named by the first argument. Prints one JSON object a step."""

import json
import sys
import uuid

import grpc
from client import ChatStream, bearer, log_in, rich_error, status_error
from parley.v1 import (
    auth_service_pb2,
    auth_service_pb2_grpc,
    chat_pb2,
    friend_service_pb2,
    friend_service_pb2_grpc,
    history_service_pb2,
    history_service_pb2_grpc,
    message_pb2,
)

PASSWORD = "correct horse battery"


def tell(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


def error_of(call, request, **options):
    try:
        call(request, timeout=10, **options)
    except grpc.RpcError as error:
        return rich_error(error)
    return None


def outgoing(user_id, text, client_message_id=None):
    return chat_pb2.OutgoingMessage(
        client_message_id=client_message_id or str(uuid.uuid4()),
        target=message_pb2.Target(user_id=user_id),
        content=message_pb2.Content(text=text),
    )


def send(stream, *messages):
    """Sends messages in one frame and waits for all results, which may come in several."""
    stream.write(send=chat_pb2.Send(messages=messages))
    results = []
    while len(results) < len(messages):
        frame, _ = stream.until("send_results")
        results.extend(frame.results)
    return results


def delivered(frames):
    """[seq, text] of all messages in the deliver frames."""
    return [[m.seq, m.content.text] for kind, frame in frames if kind == "deliver" for m in frame.messages]


def ack(stream, conversation_id, seq):
    """Acknowledges, and waits until the server has seen it: frames are handled in order."""
    stream.write(ack=chat_pb2.Ack(positions=[chat_pb2.Position(conversation_id=conversation_id, seq=seq)]))
    stream.write(ping=chat_pb2.Ping(nonce=seq))
    pong, passed = stream.until("pong")
    return pong.nonce, passed


def register(auth, name):
    return auth.Register(auth_service_pb2.RegisterRequest(name=name, password=PASSWORD), timeout=10).account.id


def accounts(auth, channel, names):
    ids = [register(auth, name) for name in names]
    tell("registered", ids=ids)
    sessions = [log_in(channel, name, PASSWORD, device_name="python") for name in names]
    tell("logged in", ids=[session.account.id for session in sessions], token_lengths=[len(s.token) for s in sessions])
    return ids, [session.token for session in sessions]


def rich_errors(auth, channel, taken_name):
    bad_name = auth_service_pb2.RegisterRequest(name="x", password=PASSWORD)
    tell("error", of="bad name", **error_of(auth.Register, bad_name))
    taken = auth_service_pb2.RegisterRequest(name=taken_name.upper(), password=PASSWORD)
    tell("error", of="taken name", **error_of(auth.Register, taken))
    wrong = auth_service_pb2.LoginRequest(name=taken_name, password="not this one")
    tell("error", of="wrong password", **error_of(auth.Login, wrong))
    friends = friend_service_pb2_grpc.FriendServiceStub(channel)
    everything = friend_service_pb2.ListFriendsRequest()
    tell("error", of="no token", **error_of(friends.ListFriends, everything))
    tell("error", of="unknown token", **error_of(friends.ListFriends, everything, metadata=bearer("A" * 43)))


def first_talk(channel, ids, tokens):
    """Both are there: one sends, the other is given it and acknowledges."""
    ann, bob = (ChatStream(channel, token) for token in tokens)
    for who, stream in (("ann", ann), ("bob", bob)):
        welcome = stream.hello()
        stream.next("caught_up")
        tell(
            "welcomed",
            who=who,
            user_id=welcome.user_id,
            protocol_version=welcome.protocol_version,
            has_epoch=welcome.log_epoch != "",
            heartbeat_s=welcome.heartbeat_interval.ToTimedelta().total_seconds(),
            misses=welcome.heartbeat_misses,
            max_text_bytes=welcome.limits.max_text_bytes,
        )
    (result,) = send(ann, outgoing(ids[1], "hello bob"))
    receipt = result.receipt
    tell("sent", seq=receipt.seq, has_time=receipt.HasField("create_time"))
    deliver, _ = bob.until("deliver")
    message = deliver.messages[0]
    tell(
        "delivered",
        same_conversation=message.conversation_id == receipt.conversation_id,
        seq=message.seq,
        sender_id=message.sender_id,
        sender_is_named=message.sender_name.startswith("ann"),
        text=message.content.text,
        same_id=message.client_message_id == result.client_message_id,
    )
    nonce, _ = ack(bob, receipt.conversation_id, 1)
    tell("acknowledged", nonce=nonce, closed=bob.close())
    return ann, receipt.conversation_id, welcome.log_epoch


def while_away(ann, bob_id):
    """Two messages wait for bob; one of them is sent twice."""
    twice = outgoing(bob_id, "are you there?")
    first, last = send(ann, twice, outgoing(bob_id, "call me"))
    (again,) = send(ann, twice)
    tell("sent while away", seqs=[first.receipt.seq, last.receipt.seq], repeated_seq=again.receipt.seq)
    changed = outgoing(bob_id, "something else", client_message_id=twice.client_message_id)
    (refused,) = send(ann, changed)
    tell("send refused", of="id reused", **status_error(refused.error))
    tell("closed", who="ann", code=ann.close())


def resume_by_server(channel, token, conversation_id):
    """No store: the server's cursor says where to go on."""
    bob = ChatStream(channel, token)
    bob.hello()
    _, passed = bob.until("caught_up")
    tell("resumed", by="server's cursor", messages=delivered(passed))
    _, passed = ack(bob, conversation_id, 99)
    (refusal,) = [frame for kind, frame in passed if kind == "frame_error"]
    tell("frame refused", frame=refusal.frame, at=refusal.conversation_id == conversation_id, **status_error(refusal.error))
    tell("closed", who="bob", code=bob.close())


def resume_by_client(channel, token, conversation_id, log_epoch):
    """With a store: the client's cursor says where to go on, whatever other devices have acknowledged."""
    bob = ChatStream(channel, token)
    bob.write(hello=chat_pb2.Hello(protocol_version=1, has_cursors=True, log_epoch=log_epoch))
    bob.write(
        hello_cursors=chat_pb2.HelloCursors(positions=[chat_pb2.Position(conversation_id=conversation_id, seq=2)])
    )
    bob.write(hello_done=chat_pb2.HelloDone())
    bob.next("welcome")
    _, passed = bob.until("caught_up")
    tell("resumed", by="client's cursor", messages=delivered(passed))
    tell("closed", who="bob", code=bob.close())


def out_of_turn(channel, token):
    stream = ChatStream(channel, token)
    stream.write(ping=chat_pb2.Ping(nonce=1))
    stream.ended()
    tell("stream ended", of="ping before hello", **stream.error())


def history(channel, token, conversation_id):
    stub = history_service_pb2_grpc.HistoryServiceStub(channel)
    request = history_service_pb2.ListMessagesRequest(conversation_id=conversation_id, after_seq=0)
    response = stub.ListMessages(request, metadata=bearer(token), timeout=10)
    tell("history", messages=[[m.seq, m.content.text] for m in response.messages])


def log_out(auth, channel, token):
    auth.Logout(auth_service_pb2.LogoutRequest(), metadata=bearer(token), timeout=10)
    stream = ChatStream(channel, token)
    stream.ended()
    tell("stream ended", of="token after logout", **stream.error())


def main(address):
    with grpc.insecure_channel(address) as channel:
        auth = auth_service_pb2_grpc.AuthServiceStub(channel)
        names = [f"{name}-{uuid.uuid4().hex[:8]}" for name in ("ann", "bob")]
        ids, tokens = accounts(auth, channel, names)
        rich_errors(auth, channel, names[0])
        ann, conversation_id, log_epoch = first_talk(channel, ids, tokens)
        while_away(ann, ids[1])
        resume_by_server(channel, tokens[1], conversation_id)
        resume_by_client(channel, tokens[1], conversation_id, log_epoch)
        out_of_turn(channel, tokens[0])
        history(channel, tokens[1], conversation_id)
        log_out(auth, channel, tokens[1])


if __name__ == "__main__":
    main(sys.argv[1])
