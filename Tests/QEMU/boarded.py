"""Tests with a Thing in an emulated board, and people at a Prosody on the host's loopback."""

from board import Board

from actors import Parent                                    # by Tests/Integration, which emulation looks into
from conversation import Conversation, World


class Patience:
    """How much longer than this machine an emulated one may take."""
    patience = 4


class Boarded(Conversation):
    """Tests with a board; what is started ends with them, but a board that they share."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        World.firmware = Patience

    def evidence(self):
        consoles = [f"--- the console of {board.jid}\n{board.log_text()}" for board in self.things]
        return "\n".join([*consoles, "--- the server, last lines", *(line[:240] for line in self.server.lines.since(self.witness_mark)[-15:])])

    async def boot(self, kind, words="", inside=False, made=None, options=None, **settings):
        """A board with an account of its own and a parent who knows it, booting; and the parent's and a friend's accounts."""
        jid, password = self.account(f"board-{kind}")
        parent, friend = self.account("parent"), self.account("friend")
        self.befriended((jid, parent[0]), (jid, friend[0]))
        board = Board(kind, self.server, jid, password, parent=parent[0], inside=inside, made=made, **settings)
        board.parent, board.friend = parent, friend
        return board.start(words, **(options or {}))

    async def alone(self, kind, words="", **more):
        """A board for this test alone, and wired."""
        board = await self.boot(kind, words, **more)
        self.things.append(board)
        await board.wired()
        self.addCleanup(board.unwired)
        return board

    async def people_of(self, board):
        """Its parent and its friend, online and seen by it."""
        parent = await self.client(*board.parent, kind=Parent)
        friend = await self.client(*board.friend)
        await self.seen(friend, board)
        await self.seen(parent, board)
        return parent, friend


class Shared(Boarded):
    """Tests that share one board; the first to come boots it."""

    board, is_online = None, False
    story = {}      # what `boot` is given

    async def asyncSetUp(self):
        await super().asyncSetUp()
        cls = type(self)
        if cls.board is None:
            cls.board = await self.boot(**self.story)
            await cls.board.wired()
            await cls.board.online()
            cls.is_online = True
        else:
            self.assertTrue(cls.is_online, "the board did not come online for the first of its tests")
            await cls.board.wired()
        self.addCleanup(cls.board.unwired)
        self.parent, self.friend = await self.people_of(cls.board)

    @classmethod
    def tearDownClass(cls):
        if cls.board:
            cls.board.remove()
        cls.board, cls.is_online = None, False

    def evidence(self):
        return f"--- the console\n{self.board.log_text() if self.board else ''}\n{super().evidence()}"
