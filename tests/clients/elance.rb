# A Ruby application that reads groups as the gem `elance` 0.0.1 (elance_gem) did, from first call to last. The gem is
# packaged neither for npm nor for Debian and names its host in its code, so this is ours. What it sends is what the gem
# sends: by HTTParty, to a base address that is plain http, with the access token in the query and nothing else, GET on
# /groups, /groups/ID, /groups/ID/members, /groups/ID/jobs and /profiles/my. And what it gets is what the gem hands to its
# application: HTTParty's response, which is parsed only if the content type says so, and in which all is found by keys.
#
# Gets BASE, TOKEN and STRANGER (the token of somebody who is no freelancer) in the environment.

require "httparty"

class Elance
  include HTTParty

  def initialize(base, token)
    @options = { base_uri: base, query: { access_token: token } }
  end

  def groups = get("/groups")
  def group(id) = get("/groups/#{id}")
  def members(id, more = {}) = get("/groups/#{id}/members", more)
  def jobs(id) = get("/groups/#{id}/jobs")
  def profile = get("/profiles/my")

  private

  def get(path, more = {})
    self.class.get(path, base_uri: @options[:base_uri], query: @options[:query].merge(more))
  end
end

def same(found, expected, what)
  raise "#{what}: #{found.inspect} instead of #{expected.inspect}" unless found == expected

  puts "  ok: #{what}"
end

base = ENV.fetch("BASE")
client = Elance.new(base, ENV.fetch("TOKEN"))

directory = client.groups
same [directory.code, directory.headers["content-type"]], [200, "application/json"], "the directory is JSON, and nothing behind it"
same directory["data"]["groups"]["pageResults"].values.map { |row| row["name"] }, ["PHP Experts", "Welders & Co."], "its groups"
same directory.parsed_response.key?("errors"), false, "a success has no key errors"

group = client.group(1116)["data"]["group"]
same [group["groupId"], group["name"], group["totalMembers"]], ["1116", "PHP Experts", "30"], "a group"
same group["groupMembers"], "#{base}/groups/1116/members", "the address of its members"

first = client.members(1116)["data"]["groupMembers"]
same first.keys, %w[groupId totalMembers allMembers totalPages page numResults pageResults], "the fields of a page, in order"
same first.values_at("groupId", "totalMembers", "totalPages", "page", "numResults"), ["1116", "30", 4, 1, 8], "eight to a page"
same first["pageResults"].keys, ("0".."7").to_a, "rows are keyed by their place"
row = first["pageResults"]["0"]
same row.keys, %w[userId userName businessName tagLine hourlyRate city state country earnings6Months feedback6Months
                  posFeedback6Months category logo providerProfileURL], "the fields of a member, in order"
same row.values.map(&:class).uniq, [String], "each is a text"
same row.values_at("userId", "userName", "businessName", "hourlyRate", "city"),
     ["300723", "synapseindia", "Synapse & Söhne", "20.0", "New Delhi"], "a member"

pages = (1..4).map { |page| client.members(1116, page: page)["data"]["groupMembers"] }
same pages.last["pageResults"].keys, ("0".."5").to_a, "the last page begins anew"
all = pages.flat_map { |page| page["pageResults"].values.map { |member| member["userId"] } }
same [all.size, all.uniq.size], [30, 30], "all members come, and none twice"
beyond = client.members(1116, page: 5)["data"]["groupMembers"]
same beyond.values_at("numResults", "pageResults"), [0, {}], "behind the last page there is nothing, which is no error"
same client.members(1116, rpp: 26)["data"]["groupMembers"].values_at("numResults", "totalPages"), [25, 2], "more than 25 gives 25"
ready = HTTParty.get(group["groupMembers"], query: { access_token: ENV.fetch("TOKEN"), v: 2, fmt: "json" })
same ready["data"], client.members(1116)["data"], "the ready-made address gives the same"

same client.jobs(1116)["data"]["groupJobs"].values_at("totalJobs", "pageResults"), ["0", {}], "no jobs"
profile = client.profile["data"]["providerProfile"]
same profile.values_at("userId", "userName"), %w[300723 synapseindia], "one's own profile"
same profile["badges"].map { |badge| badge["name"] }, ["PHP Experts"], "its badges"

def refused(response, status, code, what)
  errors = response["errors"]
  same [response.code, errors.map { |error| error["code"] }, response.parsed_response.key?("data")], [status, [code], false], what
  same errors[0].values_at("type", "code", "description").none? { |text| text.to_s.empty? }, true, "#{what}: all three texts"
end

refused client.members(7), 404, "E_GROUPS_INVALID_GROUPID", "no such group"
refused client.members("x%20y"), 404, "E_GROUPS_INVALID_GROUPID", "no number"
refused client.members(1116, rpp: 0), 400, "E_VALIDATION_INVALID_PARAMETER", "a bad parameter"
refused Elance.new(base, "0123|1|x").groups, 401, "invalid_token_expired", "an unknown token"
refused HTTParty.get("#{base}/groups"), 401, "no_token", "no token"
refused Elance.new(base, ENV.fetch("STRANGER")).profile, 404, "E_USER_SELLPROFILE_NOT_EXIST", "no profile"
