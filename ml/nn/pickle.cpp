// See pickle.h. Opcodes by the names of Python's pickletools.
#include "ml/nn/pickle.h"

#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <unordered_map>

namespace mp::ml::pickle {
namespace {

struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Kind = Value::Kind;

/// What may be named, as "module name".
bool allowed(std::string_view name) {
  static constexpr std::array<std::string_view, 4> kCalls{"collections OrderedDict", "torch._utils _rebuild_tensor_v2",
                                                          "torch._utils _rebuild_parameter", "torch Size"};
  for (auto n : kCalls)
    if (n == name) return true;
  return name.starts_with("torch ") && name.ends_with("Storage") && name.size() < 40;
}

class Machine {
 public:
  explicit Machine(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  Pickle run() {
    while (true) {
      if (++steps_ > kMaxValues) throw Refused("more than " + std::to_string(kMaxValues) + " opcodes");
      const std::uint8_t op = byte();
      switch (op) {
        case 0x80: byte(); break;                                   // PROTO
        case 0x95: number(8); break;                                // FRAME
        case '.':
          if (stack_.size() != 1) throw Refused("a stack that does not end with one value");
          pickle_.top = pop();
          pickle_.used = at_;
          return std::move(pickle_);
        case '(': marks_.push_back(stack_.size()); break;           // MARK
        case '0': pop(); break;                                     // POP
        case 'N': push(make(Kind::none)); break;
        case 0x88: push(boolean(true)); break;
        case 0x89: push(boolean(false)); break;
        case 'K': push(integer(byte())); break;                     // BININT1
        case 'M': push(integer(std::int64_t(number(2)))); break;    // BININT2
        case 'J': push(integer(std::int32_t(std::uint32_t(number(4))))); break;  // BININT
        case 0x8a: push(long_integer(byte())); break;               // LONG1
        case 'G': push(real()); break;                              // BINFLOAT
        case 'X': push(text(number(4))); break;                     // BINUNICODE
        case 0x8c: push(text(byte())); break;                       // SHORT_BINUNICODE
        case 'U': push(text(byte())); break;                        // SHORT_BINSTRING
        case ')': push(make(Kind::tuple)); break;
        case ']': push(make(Kind::list)); break;
        case '}': push(make(Kind::dict)); break;
        case 't': push(gathered(Kind::tuple)); break;
        case 'l': push(gathered(Kind::list)); break;
        case 0x85: push(tuple(1)); break;
        case 0x86: push(tuple(2)); break;
        case 0x87: push(tuple(3)); break;
        case 'a': append(1); break;
        case 'e': append(since_mark()); break;
        case 's': set_items(2); break;
        case 'u': set_items(since_mark()); break;
        case 'q': memo_[byte()] = top(); break;                     // BINPUT
        case 'r': memo_[number(4)] = top(); break;                  // LONG_BINPUT
        case 0x94: memo_[memo_.size()] = top(); break;              // MEMOIZE
        case 'h': push(recall(byte())); break;
        case 'j': push(recall(number(4))); break;
        case 'c': {                                                 // GLOBAL
          auto module = line();
          push(global(module + " " + line()));
          break;
        }
        case 0x93: {                                                // STACK_GLOBAL
          auto name = pop(), module = pop();
          if (name->kind != Kind::text || module->kind != Kind::text) throw Refused("a name that is no text");
          push(global(module->text + " " + name->text));
          break;
        }
        case 'Q': push(storage(*pop())); break;                     // BINPERSID
        case 'R': reduce(); break;
        case 'b': pop(), top(); break;                              // BUILD: attributes of an OrderedDict, not needed
        default: {
          static constexpr char kHex[] = "0123456789abcdef";
          throw Refused(std::string("the opcode 0x") + kHex[op >> 4] + kHex[op & 15] + " at byte " + std::to_string(at_ - 1));
        }
      }
    }
  }

 private:
  Value* make(Kind kind) {
    auto& v = pickle_.values.emplace_back();
    v.kind = kind;
    return &v;
  }
  Value* integer(std::int64_t i) {
    auto* v = make(Kind::integer);
    v->integer = i;
    return v;
  }
  std::uint8_t byte() {
    if (at_ >= bytes_.size()) throw Refused("a pickle that ends too early");
    return bytes_[at_++];
  }
  std::uint64_t number(int n) {
    std::uint64_t v = 0;
    for (int i = 0; i < n; ++i) v |= std::uint64_t(byte()) << (8 * i);
    return v;
  }
  Value* long_integer(std::size_t n) {
    // Longer ones are kept as their low bits: only the file's magic number has more than eight bytes.
    std::uint64_t v = 0;
    std::uint8_t last = 0;
    for (std::size_t i = 0; i < n; ++i) {
      last = byte();
      if (i < 8) v |= std::uint64_t(last) << (8 * i);
    }
    if (n && n < 8 && last & 0x80) v |= ~std::uint64_t(0) << (8 * n);
    return integer(std::int64_t(v));
  }
  Value* real() {
    std::uint64_t v = 0;
    for (int i = 0; i < 8; ++i) v = v << 8 | byte();
    auto r = make(Kind::real);
    r->real = std::bit_cast<double>(v);
    return r;
  }
  Value* boolean(bool b) {
    auto v = make(Kind::boolean);
    v->integer = b;
    return v;
  }
  Value* text(std::uint64_t n) {
    if (n > bytes_.size() - at_) throw Refused("a text that ends too early");
    auto v = make(Kind::text);
    v->text.assign(reinterpret_cast<const char*>(bytes_.data()) + at_, n);
    at_ += n;
    return v;
  }
  std::string line() {
    std::string s;
    for (char c; (c = char(byte())) != '\n';) {
      s += c;
      if (s.size() > 200) throw Refused("a name of more than 200 bytes");
    }
    return s;
  }
  Value* global(std::string name) {
    if (!allowed(name)) throw Refused("the name \"" + name.substr(0, 80) + "\"");
    auto v = make(Kind::global);
    v->text = std::move(name);
    return v;
  }
  void push(Value* v) {
    if (stack_.size() >= kMaxValues) throw Refused("too many values");
    stack_.push_back(v);
  }
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  Value* pop() {
    if (stack_.size() <= floor()) throw Refused("a stack that is empty");
    auto v = stack_.back();
    stack_.pop_back();
    return v;
  }
  Value* top() const {
    if (stack_.size() <= floor()) throw Refused("a stack that is empty");
    return stack_.back();
  }
  std::size_t since_mark() {
    if (marks_.empty()) throw Refused("a mark that is missing");
    auto n = stack_.size() - marks_.back();  // nothing below a mark can be popped
    marks_.pop_back();
    return n;
  }
  std::vector<Value*> take(std::size_t n) {
    if (stack_.size() < floor() || n > stack_.size() - floor()) throw Refused("a stack that is empty");
    std::vector<Value*> v(stack_.end() - std::ptrdiff_t(n), stack_.end());
    stack_.resize(stack_.size() - n);
    return v;
  }
  Value* gathered(Kind kind) {
    auto v = make(kind);
    auto items = take(since_mark());
    v->items.assign(items.begin(), items.end());
    return v;
  }
  Value* tuple(std::size_t n) {
    auto v = make(Kind::tuple);
    auto items = take(n);
    v->items.assign(items.begin(), items.end());
    return v;
  }
  void put_into(Kind kind, std::size_t n) {
    auto values = take(n);
    auto& into = *top();
    if (into.kind != kind) throw Refused("values for a container of another kind");
    into.items.insert(into.items.end(), values.begin(), values.end());
  }
  void append(std::size_t n) { put_into(Kind::list, n); }
  void set_items(std::size_t n) {
    if (n % 2) throw Refused("a key without a value");
    put_into(Kind::dict, n);
  }
  Value* recall(std::uint64_t key) {
    auto found = memo_.find(key);
    if (found == memo_.end()) throw Refused("a memory that was never filled");
    return found->second;
  }

  /// ('storage', torch.FloatStorage, '0', 'cpu', 1000) and, in old files, what it is a view of: nothing.
  Value* storage(const Value& id) {
    auto& i = id.items;
    if (id.kind != Kind::tuple || i.size() < 5 || i.size() > 6 || i[0]->kind != Kind::text || i[0]->text != "storage" ||
        i[1]->kind != Kind::global || !i[1]->text.ends_with("Storage") || i[2]->kind != Kind::text ||
        i[4]->kind != Kind::integer || i[4]->integer < 0 || (i.size() == 6 && i[5]->kind != Kind::none))
      throw Refused("a storage of another form");
    auto v = make(Kind::storage);
    v->type = i[1]->text.substr(6);
    v->text = i[2]->text;
    v->integer = i[4]->integer;
    return v;
  }
  static std::vector<std::int64_t> integers(const Value& tuple) {
    std::vector<std::int64_t> v;
    if (tuple.kind != Kind::tuple || tuple.items.size() > 8) throw Refused("a shape of another form");
    for (auto& i : tuple.items) {
      if (i->kind != Kind::integer || i->integer < 0) throw Refused("a shape that is not of whole numbers");
      v.push_back(i->integer);
    }
    return v;
  }
  void reduce() {
    auto arguments = pop(), callable = pop();
    if (callable->kind != Kind::global || arguments->kind != Kind::tuple) throw Refused("a call of another form");
    auto& a = arguments->items;
    if (callable->text == "collections OrderedDict" && a.empty()) return push(make(Kind::dict));
    if (callable->text == "torch Size" && a.size() == 1) return push(a[0]);
    if (callable->text == "torch._utils _rebuild_parameter" && !a.empty() && a[0]->kind == Kind::tensor) return push(a[0]);
    if (callable->text == "torch._utils _rebuild_tensor_v2" && a.size() >= 4 && a[0]->kind == Kind::storage &&
        a[1]->kind == Kind::integer && a[1]->integer >= 0) {
      auto v = make(Kind::tensor);
      v->tensor = {a[0]->text, a[0]->type, a[1]->integer, a[0]->integer, integers(*a[2]), integers(*a[3])};
      if (v->tensor.shape.size() != v->tensor.stride.size()) throw Refused("a stride that does not fit its shape");
      return push(v);
    }
    throw Refused("the call of " + callable->text);
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0, steps_ = 0;
  Pickle pickle_;
  std::vector<Value*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Value*> memo_;
};

}  // namespace

Result<Pickle> read(std::span<const std::uint8_t> bytes) {
  try {
    return Machine(bytes).run();
  } catch (const Refused& e) {
    return fail("cannot read the pickle", {}, "a state_dict of tensors and nothing else", e.what(),
                "save it with torch.save(model.state_dict()), or as safetensors");
  }
}

}  // namespace mp::ml::pickle
